import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { certificateToPem, newSerial, signCertificate } from '@heddle/x509';
import { signRevocationList } from '@heddle/x509/testing';
import type { IdentityMaterial } from '../identity/identity.ts';

export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** A certificate authority for tests: leaves with whatever names a test wants to see. */
export interface TestCa {
  readonly rootPem: string;
  /** A key and its certificate with these names, URIs or of DNS. */
  issue(names: readonly string[], validity?: Validity): IdentityMaterial;
  /** A certificate for a key that stays elsewhere. */
  sign(publicKey: KeyObject, names: readonly string[], validity?: Validity): string;
  /** The list of those that are not trusted any more. */
  revoke(certificatePems: readonly string[]): string;
}

const hourMs = 3_600_000;

export function createTestCa(commonName: string): TestCa {
  const authority = { commonName, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
  const rootPem = certificateToPem(
    signCertificate(
      {
        commonName,
        altNames: [],
        publicKey: authority.publicKey,
        ...validFor(24 * hourMs),
        serial: newSerial(),
        use: { kind: 'authority', pathLength: 0 },
      },
      authority,
    ),
  );
  const sign: TestCa['sign'] = (publicKey, names, validity = validFor(hourMs)) =>
    certificateToPem(
      signCertificate(
        {
          commonName: names.length === 0 ? 'nobody' : '',
          altNames: names.map((value) => ({ kind: value.includes('://') ? 'uri' : 'dns', value })),
          publicKey,
          ...validity,
          serial: newSerial(),
          use: { kind: 'peer' },
        },
        authority,
      ),
    );
  return {
    rootPem,
    sign,
    revoke: (certificatePems) => signRevocationList(certificatePems, authority, Date.now()),
    issue(names, validity) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        certificateChainPem: sign(publicKey, names, validity),
        rootsPem: rootPem,
      };
    },
  };
}

function validFor(ms: number): Validity {
  return { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + ms };
}
