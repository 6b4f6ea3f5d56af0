/** IP addresses and blocks of addresses, read once into numbers. */

export interface Address {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

/** @returns undefined when the text is no address of either family; zone ids are not taken */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(':')) {
    const bits = parseIpv6(text);
    return bits === undefined ? undefined : { family: 6, bits };
  }
  const bits = parseIpv4(text);
  return bits === undefined ? undefined : { family: 4, bits };
}

/**
 * Whether an address is in a block, such as `10.0.0.0/8`; a block without a length is a single address. Bits behind the
 * length are not looked at, and an address of the other family is outside.
 *
 * @returns undefined when the text is no block
 */
export function compileIpBlock(text: string): ((address: Address) => boolean) | undefined {
  const slash = text.indexOf('/');
  const base = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (base === undefined) return undefined;
  const width = base.family === 4 ? 32 : 128;
  const written = slash === -1 ? String(width) : text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(written) || Number(written) > width) return undefined;
  const shift = BigInt(width - Number(written));
  const wanted = base.bits >> shift;
  return ({ family, bits }) => family === base.family && bits >> shift === wanted;
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let bits = 0n;
  for (const part of parts) {
    // Leading zeros are refused: some readers take them for octal.
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bits = (bits << 8n) | BigInt(part);
  }
  return bits;
}

function parseIpv6(text: string): bigint | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  let groups = text;
  if (dotted !== null) {
    const last = parseIpv4(dotted[2] ?? '');
    if (last === undefined) return undefined;
    groups = `${dotted[1]}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`;
  }
  const halves = groups.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  let bits = 0n;
  for (const group of all) {
    if (!/^[0-9a-f]{1,4}$/i.test(group)) return undefined;
    bits = (bits << 16n) | BigInt(`0x${group}`);
  }
  return bits;
}
