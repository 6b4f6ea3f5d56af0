const chunkLength = 64 * 1024;

/** As deep as the virtual hosts of a snapshot lie: what is below is small. */
const deepest = 4;

/** A list of more is written element by element. */
const longest = 32;

/**
 * The JSON of a value, a piece at a time: whoever writes one after the other lets requests be served in between, where the text of a
 * snapshot of a thousand Services takes tens of milliseconds.
 */
export function* jsonInChunks(value: object): Generator<string> {
  let chunk = '';
  for (const piece of pieces(value, deepest)) {
    chunk += piece;
    if (chunk.length < chunkLength) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

function* pieces(value: unknown, depth: number): Generator<string> {
  if (typeof value !== 'object' || value === null || !isLarge(value, depth)) {
    yield JSON.stringify(value) ?? 'null';
    return;
  }
  const isList = Array.isArray(value);
  let separator = isList ? '[' : '{';
  for (const [key, own] of Object.entries(value)) {
    if (!isList && own === undefined) continue;
    yield isList ? separator : `${separator}${JSON.stringify(key)}:`;
    yield* pieces(own, depth - 1);
    separator = ',';
  }
  yield `${separator === ',' ? '' : separator}${isList ? ']' : '}'}`;
}

function isLarge(value: unknown, depth: number): boolean {
  if (depth === 0 || typeof value !== 'object' || value === null) return false;
  const own = Object.values(value);
  return own.length > longest || own.some((one) => isLarge(one, depth - 1));
}
