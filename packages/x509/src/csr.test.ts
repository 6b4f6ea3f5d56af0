import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCsr, readCsr } from './csr.ts';
import { readElements, sequence } from './der.ts';
import { fromPem, toPem } from './pem.ts';

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa2048 = generateKeyPairSync('rsa', { modulusLength: 2048 });

describe('a certificate request', () => {
  it.each([
    ['P-256', p256],
    ['RSA of 2048 bits', rsa2048],
  ])('of %s carries the public key', (_, { privateKey, publicKey }) => {
    expect(readCsr(createCsr(privateKey)).equals(publicKey)).toBe(true);
  });

  it('satisfies openssl, which verifies its signature', () => {
    const output = execFileSync('openssl', ['req', '-verify', '-noout', '-subject'], {
      input: createCsr(p256.privateKey),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    expect(output.toString()).toContain('subject=');
  });

  it('that openssl made, with a name and extensions in it, is read', () => {
    const subject = '-subj /CN=admin -addext subjectAltName=URI:spiffe://cluster.local/ns/x/sa/admin';
    const key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null';
    const pem = execFileSync('openssl', `req -new ${key} ${subject}`.split(' '), {
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString();
    expect(readCsr(pem).asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });

  it.each([
    ['RSA of 1024 bits', generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey],
    ['ec secp384r1', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
  ])('with a key of %s is refused', (words, key) => {
    expect(() => readCsr(createCsr(key))).toThrow(
      `key ${words}: expected EC P-256 or RSA of at least 2048 bits`,
    );
  });

  it('that was changed after it was signed is refused', () => {
    const [, algorithm, signature] = parts(createCsr(p256.privateKey));
    const [info] = parts(createCsr(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey));
    const mixed = [info, algorithm, signature].map((part) => part?.raw ?? Buffer.alloc(0));
    expect(() => readCsr(toPem('CERTIFICATE REQUEST', sequence(...mixed)))).toThrow(
      'the certificate request is not signed with its own key',
    );
  });

  it.each([
    ['nothing', ''],
    ['no DER', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----'],
    ['a length beyond the end', toPem('CERTIFICATE REQUEST', Buffer.from([0x30, 0x83, 0xff, 0xff, 0xff]))],
    ['an indefinite length', toPem('CERTIFICATE REQUEST', Buffer.from([0x30, 0x80, 0, 0]))],
    ['no key', toPem('CERTIFICATE REQUEST', Buffer.from([0x30, 6, 0x30, 0, 0x30, 0, 0x03, 0]))],
    ['20 KB', 'x'.repeat(20_000)],
  ])('that is %s is refused with a reason', (_, pem) => {
    expect(() => readCsr(pem)).toThrow(RangeError);
  });
});

function parts(pem: string) {
  return readElements(fromPem('CERTIFICATE REQUEST', pem)).flatMap(({ content }) => readElements(content));
}
