/** Bounds of what is read of one text: beyond them it would take seconds and a gigabyte. */
import { type Document, isAlias, isMap, isScalar, isSeq, Lexer, visit } from 'yaml';

/** Bytes of one document: Kubernetes keeps objects of 1.5 MiB at the most, and this leaves room for comments and spaces. */
export const maxDocumentBytes = 3 * 1024 * 1024;
/** Words and signs of one document. What is read costs about 400 bytes for each; documents that people write have one for 3 bytes. */
const maxParts = 1_000_000;
/** A List may hold several documents, each within its own bounds. */
const listRoom = 10;

/** What is too much of a document's text to be read; undefined when it is within bounds. */
export function sizeError(text: string): string | undefined {
  // Fewer parts than this cannot be too many.
  if (text.length < maxParts / 2) return undefined;
  const room = /^\s*"?kind"?\s*:\s*"?List"?\s*,?\s*$/m.test(text) ? listRoom : 1;
  const bytes = Buffer.byteLength(text);
  return bytes > room * maxDocumentBytes
    ? tooLarge(bytes)
    : hasMoreParts(text, room * maxParts)
      ? `the document has more than ${room * maxParts} words and signs; split it`
      : undefined;
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
    if (++values + left.length > maxParts)
      return `its aliases stand for more than ${maxParts} values; write fewer`;
    if (one !== null && typeof one === 'object') {
      for (const member of Object.values(one)) left.push(member);
    }
  }
  return undefined;
}

function tooLarge(bytes: number): string {
  return `the document has ${bytes} bytes; at most ${maxDocumentBytes} are taken, and Kubernetes keeps half of that`;
}

function hasMoreParts(text: string, limit: number): boolean {
  let parts = 0;
  for (const _ of new Lexer().lex(text)) {
    if (++parts > limit) return true;
  }
  return false;
}
