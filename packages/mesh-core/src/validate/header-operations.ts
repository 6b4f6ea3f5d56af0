import type { IstioHeaders } from '@heddle/schema';
import { errorIf, type RuleFinding } from './rule.ts';

/** What a header may be called and set to, for requests and responses (IST0106). */
export function* headerFindings(path: string, headers: IstioHeaders | undefined): Iterable<RuleFinding> {
  for (const side of ['request', 'response'] as const) {
    const operations = headers?.[side];
    for (const operation of ['add', 'set'] as const) {
      for (const [name, value] of Object.entries(operations?.[operation] ?? {})) {
        const at = `${path}.${side}.${operation}[${JSON.stringify(name)}]`;
        // The authority of a request is set like a header.
        const isHost = side === 'request' && isAuthority(name);
        yield* errorIf(at, isHost ? undefined : nameError(name));
        yield* errorIf(at, valueError(value));
      }
    }
    for (const [i, name] of (operations?.remove ?? []).entries()) {
      yield* errorIf(`${path}.${side}.remove[${i}]`, nameError(name));
    }
  }
}

export function isAuthority(name: string): boolean {
  return /^(?:host|:authority)$/i.test(name);
}

function nameError(name: string): string | undefined {
  if (name === '') return 'a header has no name; name it or remove it';
  if (name.toLowerCase() === 'host') return 'the Host header cannot be changed here; use rewrite.authority';
  return name.startsWith(':')
    ? `"${name}" is a pseudo header of HTTP/2 and cannot be changed here`
    : undefined;
}

function valueError(value: string): string | undefined {
  // RFC 9110 §5.5: no control characters but the tab.
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) return 'the value has a control character; remove it';
  return variablesAreRight(value)
    ? undefined
    : `"${value}": a % begins a variable such as %HOSTNAME%; write %% for the character`;
}

/**
 * Envoy's format of header values: text, `%%`, `%NAME%`, `%NAME(argument)%`, `%NAME(["a", "b"])%`.
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#custom-request-response-headers
 */
function variablesAreRight(value: string): boolean {
  let at = 0;
  while (at < value.length) {
    const open = value.indexOf('%', at);
    if (open === -1) return true;
    if (value[open + 1] === '%') {
      at = open + 2;
      continue;
    }
    const end = endOfVariable(value, open + 1);
    if (end === undefined) return false;
    at = end;
  }
  return true;
}

/** Where the text goes on behind a variable; undefined when it does not end. */
function endOfVariable(value: string, start: number): number | undefined {
  let at = start;
  while (at < value.length && value[at] !== '%' && value[at] !== '(') at++;
  if (at >= value.length) return undefined;
  if (value[at] === '%') return at + 1;
  at = skipSpaces(value, at + 1);
  const afterArguments = value[at] === '[' ? endOfList(value, at + 1) : endOfArgument(value, at);
  if (afterArguments === undefined) return undefined;
  at = skipSpaces(value, afterArguments);
  return value[at] === '%' ? at + 1 : undefined;
}

/** Behind the closing parenthesis of a plain argument. */
function endOfArgument(value: string, start: number): number | undefined {
  // The first character belongs to the argument, whatever it is.
  let at = start + 1;
  while (at < value.length) {
    if (value[at] === '\\') at++;
    else if (value[at] === ')') return at + 1;
    else if (value[at] === '"') return endOfListItems(value, at + 1);
    at++;
  }
  return undefined;
}

/** Behind `["a", "b"])`, from behind the bracket. */
function endOfList(value: string, start: number): number | undefined {
  let at = skipSpaces(value, start);
  if (value[at] !== '"') return undefined;
  at++;
  while (at < value.length && value[at] !== '"') {
    if (value[at] === ')') return at + 1;
    at += value[at] === '\\' ? 2 : 1;
  }
  return at < value.length ? endOfListItems(value, at + 1) : undefined;
}

/** From behind the closing quote of an item. */
function endOfListItems(value: string, start: number): number | undefined {
  const at = skipSpaces(value, start);
  if (value[at] === ',') return endOfList(value, at + 1);
  if (value[at] !== ']') return undefined;
  const close = skipSpaces(value, at + 1);
  return value[close] === ')' ? close + 1 : undefined;
}

function skipSpaces(value: string, start: number): number {
  let at = start;
  while (value[at] === ' ') at++;
  return at;
}
