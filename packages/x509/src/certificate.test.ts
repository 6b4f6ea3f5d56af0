import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificateToPem, signCertificate, type CertificateProfile } from './certificate.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const issuer = { commonName: 'root', publicKey, privateKey };
const profile: CertificateProfile = {
  commonName: '',
  altNames: [{ kind: 'uri', value: 'spiffe://cluster.local/ns/default/sa/reviews' }],
  publicKey,
  notBeforeMs: Date.UTC(2026, 0, 1),
  notAfterMs: Date.UTC(2026, 0, 1, 1),
  serial: Buffer.from('00ff', 'hex'),
  use: { kind: 'peer' },
};

const read = (changes: Partial<CertificateProfile> = {}) =>
  new X509Certificate(certificateToPem(signCertificate({ ...profile, ...changes }, issuer)));

describe('a certificate', () => {
  it('says who it is for, who signed it, and for how long', () => {
    const certificate = read();
    expect(certificate.subject).toBeUndefined();
    expect(certificate.issuer).toBe('CN=root');
    expect(certificate.subjectAltName).toBe('URI:spiffe://cluster.local/ns/default/sa/reviews');
    expect(certificate.validFrom).toBe('Jan  1 00:00:00 2026 GMT');
    expect(certificate.validTo).toBe('Jan  1 01:00:00 2026 GMT');
    expect(certificate.serialNumber).toBe('FF');
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(certificate.verify(publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  it('ends after 2049 in the other form of time', () => {
    expect(read({ notAfterMs: Date.UTC(2051, 5, 6, 7, 8, 9) }).validTo).toBe('Jun  6 07:08:09 2051 GMT');
  });

  it('of an authority may sign, that of a server may not be a client', () => {
    expect(read({ commonName: 'root', use: { kind: 'authority', pathLength: 1 } }).ca).toBe(true);
    expect(read({ use: { kind: 'server' } }).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  it.each([
    ['127.0.0.1', 'IP Address:127.0.0.1'],
    ['::1', 'IP Address:0:0:0:0:0:0:0:1'],
    ['fd00:0:0:1::a:b', 'IP Address:FD00:0:0:1:0:0:A:B'],
    ['::ffff:10.0.0.1', 'IP Address:0:0:0:0:0:FFFF:A00:1'],
  ])('names the address %s', (value, expected) => {
    expect(read({ altNames: [{ kind: 'ip', value }] }).subjectAltName).toBe(expected);
  });
});
