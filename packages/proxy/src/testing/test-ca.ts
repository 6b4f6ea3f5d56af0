import { createSign, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import type { IdentityMaterial } from '../identity/identity.ts';

/** A certificate authority for tests: P-256, X.509-SVIDs with whatever names a test wants to see. */
export interface TestCa {
  readonly rootPem: string;
  issue(
    uris: readonly string[],
    validity?: { readonly fromMs: number; readonly toMs: number },
  ): IdentityMaterial;
}

const hourMs = 3_600_000;

export function createTestCa(commonName: string): TestCa {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = nameOf(commonName);
  const validity = { fromMs: Date.now() - hourMs, toMs: Date.now() + 24 * hourMs };
  const isCa = extension('551d13', sequence(der(0x01, Buffer.of(0xff))));
  const rootPem = certificatePem({
    issuer,
    subject: issuer,
    publicKey,
    signer: privateKey,
    validity,
    extensions: [isCa],
  });
  return {
    rootPem,
    issue(uris, leafValidity = { fromMs: Date.now() - 60_000, toMs: Date.now() + hourMs }) {
      const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const names = uris.map((uri) => der(0x86, Buffer.from(uri)));
      const certificateChainPem = certificatePem({
        issuer,
        subject: sequence(),
        publicKey: leaf.publicKey,
        signer: privateKey,
        validity: leafValidity,
        extensions: uris.length === 0 ? [] : [extension('551d11', sequence(...names))],
      });
      return {
        privateKeyPem: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        certificateChainPem,
        rootsPem: rootPem,
      };
    },
  };
}

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));

/** @see RFC 5280 §4.1 */
function certificatePem(fields: {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly validity: { readonly fromMs: number; readonly toMs: number };
  readonly extensions: readonly Buffer[];
}): string {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and without leading zeros
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    ecdsaWithSha256,
    fields.issuer,
    sequence(time(fields.validity.fromMs), time(fields.validity.toMs)),
    fields.subject,
    fields.publicKey.export({ type: 'spki', format: 'der' }),
    ...(fields.extensions.length === 0 ? [] : [der(0xa3, sequence(...fields.extensions))]),
  );
  const signature = createSign('sha256').update(toBeSigned).sign(fields.signer);
  const certificate = sequence(toBeSigned, ecdsaWithSha256, der(0x03, Buffer.of(0), signature));
  const base64 = certificate.toString('base64').replaceAll(/(.{64})/g, '$1\n');
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}

/** Tag, length, content. @see X.690 §8.1 */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  return Buffer.concat([Buffer.of(tag, 0x82, body.length >> 8, body.length & 0xff), body]);
}

function sequence(...content: readonly Buffer[]): Buffer {
  return der(0x30, ...content);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function extension(oidHex: string, value: Buffer): Buffer {
  return sequence(oid(oidHex), der(0x01, Buffer.of(0xff)), der(0x04, value));
}

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
}

function time(ms: number): Buffer {
  return der(0x18, Buffer.from(new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')));
}
