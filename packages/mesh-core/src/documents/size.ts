/** Bounds of what is read of one text: beyond them it would take seconds and a gigabyte. */
import { type Document, isAlias, isMap, isScalar, isSeq, Lexer, visit } from 'yaml';

/** Bytes of one document: Kubernetes keeps objects of 1.5 MiB at the most, and this leaves room for comments and spaces. */
export const maxDocumentBytes = 3 * 1024 * 1024;
/** Words and signs of one document. What is read costs about 400 bytes for each; documents that people write have one for 3 bytes. */
const maxParts = 1_000_000;
/** A List may hold several documents, each within its own bounds. */
const listRoom = 10;
/** Mappings and lists within each other; the deepest field of a Kubernetes API is not 30 deep. */
export const maxDepth = 500;
/** Anchors, aliases and tags of one document, and `%` lines before it: each costs the reader more than a word does. */
const maxMarks = 10_000;
/** Characters of a text that is read in no time, whatever it holds. */
const quickLength = 20_000;

/** What is too much of a document's text to be read; undefined when it is within bounds. */
export function sizeError(text: string): string | undefined {
  if (text.length < quickLength) return undefined;
  const room = /^\s*"?kind"?\s*:\s*"?List"?\s*,?\s*$/m.test(text) ? listRoom : 1;
  const bytes = Buffer.byteLength(text);
  return bytes > room * maxDocumentBytes ? tooLarge(bytes) : partsError(text, room);
}

/** Of one document of a List. */
export function itemSizeError(text: string): string | undefined {
  const bytes = text.length < maxDocumentBytes / 4 ? 0 : Buffer.byteLength(text);
  return bytes > maxDocumentBytes ? tooLarge(bytes) : undefined;
}

/** Fields that `<<` may bring into other mappings, all in all: each is compared with those that are there. */
const maxMerged = 100_000;

/** Asked before the document is made into values, because merging is what takes the time. */
export function mergeError(document: Document): string | undefined {
  const sizes = new Map<string, number>();
  let merged = 0;
  const sizeOf = (source: unknown): number => {
    if (isAlias(source)) return sizes.get(source.source) ?? 0;
    if (isMap(source)) return source.items.length;
    return isSeq(source) ? source.items.reduce((sum: number, one) => sum + sizeOf(one), 0) : 0;
  };
  visit(document, {
    Map(_key, { anchor, items }) {
      let size = items.length;
      for (const { key, value } of items) {
        if (isScalar(key) && key.source === '<<') size += sizeOf(value);
      }
      merged += size - items.length;
      if (anchor !== undefined) sizes.set(anchor, size);
      return merged > maxMerged ? visit.BREAK : undefined;
    },
  });
  return merged > maxMerged ? `<< merges more than ${maxMerged} fields; write fewer` : undefined;
}

/** Aliases make few words many values, and without end where one stands within what it names. */
export function expansionError(value: unknown): string | undefined {
  const left = [value];
  let values = 0;
  while (left.length > 0) {
    const one = left.pop();
    if (++values + left.length > maxParts) return tooManyAliases;
    if (one !== null && typeof one === 'object') {
      for (const member of Object.values(one)) left.push(member);
    }
  }
  return undefined;
}

function tooLarge(bytes: number): string {
  return `the document has ${bytes} bytes; at most ${maxDocumentBytes} are taken, and Kubernetes keeps half of that`;
}

/** The words and signs are counted before they are read: reading takes ten times as long, and goes as deep as the text does. */
function partsError(text: string, room: number): string | undefined {
  let parts = 0;
  let marks = 0;
  /** Brackets that are open. */
  let brackets = 0;
  /** `-` and `?` of this line: each begins something within the one before. */
  let indicators = 0;
  let isText = false;
  for (const part of new Lexer().lex(text)) {
    if (++parts > room * maxParts) {
      return `the document has more than ${room * maxParts} words and signs; split it`;
    }
    const first: string = isText ? '' : part.charAt(0);
    isText = first === scalarNext;
    if (first === '[' || first === '{') brackets++;
    else if (first === ']' || first === '}') brackets--;
    else if (first === '-' || first === '?') indicators++;
    else if (first === '\n' || first === '\r') indicators = 0;
    else if (first === '&' || first === '*' || first === '!' || first === '%') marks++;
    if (brackets < 0) return `there is a "${part}" more than there are brackets to close`;
    if (brackets + indicators > maxDepth) return tooDeep;
    if (marks > room * maxMarks) {
      return `the document has more than ${room * maxMarks} anchors, aliases, tags and directives; write fewer`;
    }
  }
  return undefined;
}

/** The lexer's sign that a plain or block scalar comes next. */
const scalarNext = '\u001f';

export const tooManyAliases = `its aliases stand for more than ${maxParts} values; write fewer`;
export const tooDeep = `it is nested too deeply: at most ${maxDepth} mappings and lists within each other`;
