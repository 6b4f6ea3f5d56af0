/** PEM blocks, RFC 7468. */

export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** The first block of that label. @throws RangeError when there is none */
export function fromPem(label: string, pem: string): Buffer {
  const begin = `-----BEGIN ${label}-----`;
  const start = pem.indexOf(begin);
  const end = pem.indexOf(`-----END ${label}-----`, start);
  if (start < 0 || end < 0) throw new RangeError(`no ${label} in PEM`);
  return Buffer.from(pem.slice(start + begin.length, end), 'base64');
}
