/** A certificate and its key in one file, so that they are there together or not at all. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Authority {
  readonly certificatePem: string;
  readonly commonName: string;
  readonly trustDomain: string;
  readonly notAfterMs: number;
  /** undefined when the owner keeps it elsewhere. */
  readonly privateKey?: KeyObject;
}

/** undefined when there is no such file. @throws Error naming a file that others can read or that is damaged */
export function readAuthority(directory: string, name: 'root' | 'intermediate'): Authority | undefined {
  const path = join(directory, `${name}.pem`);
  if (!existsSync(path)) return undefined;
  const mode = statSync(path).mode & 0o777;
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new Error(`${path} has mode ${mode.toString(8)}: others can use its key; chmod 600 it`);
  }
  const pem = readFileSync(path, 'utf8');
  const certificatePem = block(pem, 'CERTIFICATE');
  const keyPem = block(pem, 'PRIVATE KEY');
  if (certificatePem === undefined) throw new Error(`${path} has no certificate`);
  const certificate = new X509Certificate(certificatePem);
  const privateKey = keyPem === undefined ? undefined : createPrivateKey(keyPem);
  if (privateKey !== undefined && !certificate.checkPrivateKey(privateKey)) {
    throw new Error(`${path}: the key is not that of the certificate`);
  }
  return {
    certificatePem,
    commonName: certificate.subject.replace(/^CN=/, ''),
    trustDomain: (certificate.subjectAltName ?? '').replace(/^URI:spiffe:\/\//, ''),
    notAfterMs: Date.parse(certificate.validTo),
    ...(privateKey === undefined ? {} : { privateKey }),
  };
}

/** Writes the file and returns what is in it. */
export function writeAuthority(
  directory: string,
  name: 'root' | 'intermediate',
  certificatePem: string,
  privateKey: KeyObject,
): Authority {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `${name}.pem`);
  const keyPem = privateKey.export({ format: 'pem', type: 'pkcs8' });
  writeFileSync(`${path}.new`, certificatePem + keyPem.toString(), { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  const written = readAuthority(directory, name);
  if (written === undefined) throw new Error(`${path} is gone right after it was written`);
  return written;
}

function block(pem: string, label: string): string | undefined {
  const found = new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----\n?`).exec(pem);
  return found?.[0];
}
