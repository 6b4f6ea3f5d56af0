/**
 * Whether a text is an expression of CEL. Only its syntax: which attributes there are is the proxy's affair.
 * @see https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
 */

const escape = String.raw`\\(?:[abfnrtv\\'"\`?]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})`;
const stringForms = [
  String.raw`[bB]?[rR](?:"""[^]*?"""|'''[^]*?'''|"[^"\n\r]*"|'[^'\n\r]*')`,
  `[bB]?"""(?:[^"\\\\]|${escape}|"(?!""))*"""`,
  `[bB]?'''(?:[^'\\\\]|${escape}|'(?!''))*'''`,
  `[bB]?"(?:[^"\\\\\\n\\r]|${escape})*"`,
  `[bB]?'(?:[^'\\\\\\n\\r]|${escape})*'`,
].join('|');
const number = String.raw`(?:\d+\.\d+|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|0x[0-9a-fA-F]+[uU]?|\d+[uU]?`;
const operator = String.raw`\|\||&&|[<>=!]=|[-+*/%<>!?:.,()[\]{}]`;
const token = new RegExp(
  `(?:\\s|//[^\\n]*)*(?:(?<literal>${stringForms}|${number})|(?<name>[_a-zA-Z][_a-zA-Z0-9]*)|(?<operator>${operator}))`,
  'y',
);

const reserved: ReadonlySet<string> = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);
const binary: ReadonlySet<string> = new Set('|| && == != < <= > >= in + - * / %'.split(' '));
/** Deeper nesting than people write; it bounds the recursion. */
const maxDepth = 100;
const maxLength = 10_000;

/** @returns what is wrong with the text; undefined when it is an expression */
export function celError(text: string): string | undefined {
  if (text.length > maxLength) return `the expression has ${text.length} characters, at most ${maxLength}`;
  const tokens = tokensOf(text);
  if (tokens === undefined)
    return `"${shown(text)}" is not an expression of CEL: a character or a string is wrong`;
  const end = expression(tokens, 0, 0);
  if (end === tokens.length) return undefined;
  const found =
    end === undefined || end >= tokens.length ? 'it does not end well' : `"${tokens[end]}" is one too many`;
  return `"${shown(text)}" is not an expression of CEL: ${found}; write it as response.code >= 400`;
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Literals become "0": only their place matters. */
function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = [];
  const end = text.replace(/(?:\s|\/\/[^\n]*)+$/, '').length;
  token.lastIndex = 0;
  while (token.lastIndex < end) {
    const groups = token.exec(text)?.groups;
    if (groups === undefined) return undefined;
    tokens.push(groups['literal'] === undefined ? (groups['name'] ?? groups['operator'] ?? '') : '0');
  }
  return tokens;
}

/** Each reader takes a place and gives the place behind what it read, or undefined. */
function expression(tokens: readonly string[], start: number, depth: number): number | undefined {
  if (depth > maxDepth) return undefined;
  let at = operand(tokens, start, depth);
  while (at !== undefined && binary.has(tokens[at] ?? '')) at = operand(tokens, at + 1, depth);
  if (at === undefined || tokens[at] !== '?') return at;
  const colon = expression(tokens, at + 1, depth + 1);
  return colon !== undefined && tokens[colon] === ':' ? expression(tokens, colon + 1, depth + 1) : undefined;
}

function operand(tokens: readonly string[], start: number, depth: number): number | undefined {
  let at = start;
  const sign = tokens[at];
  if (sign === '!' || sign === '-') {
    while (tokens[at] === sign) at++;
  }
  let end = primary(tokens, at, depth);
  while (end !== undefined) {
    if (tokens[end] === '.') {
      if (!isName(tokens[end + 1], true)) return undefined;
      end = tokens[end + 2] === '(' ? list(tokens, end + 3, ')', depth) : end + 2;
    } else if (tokens[end] === '[') {
      const close = expression(tokens, end + 1, depth + 1);
      end = close !== undefined && tokens[close] === ']' ? close + 1 : undefined;
    } else if (tokens[end] === '{') {
      end = list(tokens, end + 1, '}', depth);
    } else {
      return end;
    }
  }
  return undefined;
}

function primary(tokens: readonly string[], start: number, depth: number): number | undefined {
  const first = tokens[start];
  switch (first) {
    case '(': {
      const close = expression(tokens, start + 1, depth + 1);
      return close !== undefined && tokens[close] === ')' ? close + 1 : undefined;
    }
    case '[':
      return list(tokens, start + 1, ']', depth);
    case '{':
      return list(tokens, start + 1, '}', depth);
  }
  const at = first === '.' ? start + 1 : start;
  if (first !== '.' && (first === '0' || ['true', 'false', 'null'].includes(first ?? ''))) return start + 1;
  if (!isName(tokens[at], false)) return undefined;
  return tokens[at + 1] === '(' ? list(tokens, at + 2, ')', depth) : at + 1;
}

/** Expressions with commas up to the closing token; within braces pairs of key and value. */
function list(
  tokens: readonly string[],
  start: number,
  close: ')' | ']' | '}',
  depth: number,
): number | undefined {
  let at = start;
  while (tokens[at] !== close) {
    let end = expression(tokens, at, depth + 1);
    if (close === '}' && end !== undefined) {
      end = tokens[end] === ':' ? expression(tokens, end + 1, depth + 1) : undefined;
    }
    if (end === undefined) return undefined;
    if (tokens[end] === close) return end + 1;
    // A call takes no comma at its end.
    if (tokens[end] !== ',' || (close === ')' && tokens[end + 1] === ')')) return undefined;
    at = end + 1;
  }
  return at + 1;
}

function isName(text: string | undefined, isSelector: boolean): boolean {
  if (text === undefined || !/^[_a-zA-Z]/.test(text)) return false;
  return !['true', 'false', 'null', 'in'].includes(text) && (isSelector || !reserved.has(text));
}
