import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { certificateToPem, signCertificate } from './certificate.ts';
import { newSerial } from './serial.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

it.each([
  ['zeros', 0x00, '40000000000000000000000000000000'],
  ['ones', 0xff, '7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF'],
])('a certificate shows all 32 digits of a serial number drawn as %s', (_what, byte, shown) => {
  const der = signCertificate(
    {
      commonName: 'reviews',
      altNames: [],
      publicKey,
      notBeforeMs: Date.UTC(2026, 0, 1),
      notAfterMs: Date.UTC(2026, 0, 2),
      serial: newSerial((size) => new Uint8Array(size).fill(byte)),
      use: { kind: 'peer' },
    },
    { commonName: 'root', publicKey, privateKey },
  );
  expect(new X509Certificate(certificateToPem(der)).serialNumber).toBe(shown);
});
