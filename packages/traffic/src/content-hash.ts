/**
 * A 64-bit content hash in 16 hex digits, for naming versions and finding what changed. Not for security.
 *
 * Object keys are sorted, so equal data hashes alike whatever order it was built in; undefined members do not count.
 * @see cyrb53, two interleaved 32-bit multiplicative hashes
 */
export function contentHash(value: unknown): string {
  const text = stableStringify(value);
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}

/** JSON with sorted keys; members that JSON does not have (undefined) are left out, as JSON.stringify leaves them. */
export function stableStringify(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) {
    let text = '[';
    for (let i = 0; i < value.length; i++) text += (i === 0 ? '' : ',') + stableStringify(value[i]);
    return `${text}]`;
  }
  let text = '';
  const members: Record<string, unknown> = { ...value };
  for (const key of Object.keys(members).toSorted()) {
    const member = members[key];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${stableStringify(member)}`;
  }
  return `{${text}}`;
}
