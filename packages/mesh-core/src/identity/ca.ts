/**
 * The mesh's own SPIFFE certificate authority.
 *
 * A root for ten years is what peers trust; an intermediate for one year signs, and is renewed without anybody's trust
 * changing. The root's key is needed only for that: who wants it offline deletes the key from `root.pem` and puts it back
 * once a year.
 */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { isIP } from 'node:net';
import {
  certificateToPem,
  newSerial,
  readCsr,
  signCertificate,
  type Issuer,
  type SubjectAltName,
} from '@heddle/x509';
import { readAuthority, writeAuthority, type Authority } from './authority-file.ts';

export interface CertificateAuthorityOptions {
  /** Holds `root.pem` and `intermediate.pem`, readable by the owner alone; made at first use. */
  readonly directory: string;
  /** Such as `cluster.local`. */
  readonly trustDomain: string;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface IssuedCertificate {
  /** Leaf, then intermediate. */
  readonly chainPem: string;
  /** What peers are verified with. */
  readonly bundlePem: string;
  readonly notAfterMs: number;
  readonly spiffeId: string;
  /** Upper-case hexadecimal. */
  readonly serial: string;
}

export interface CertificateAuthority {
  readonly trustDomain: string;
  readonly bundlePem: string;
  /**
   * Signs the key of a PKCS#10 request for one hour. The identity is the caller's to prove; the request's names are not read.
   *
   * @param identity in the authority's own trust domain unless it names another: who trusts the root trusts all of them
   * @throws RangeError saying what is wrong with the request or the names
   */
  issue(identity: {
    namespace: string;
    serviceAccount: string;
    trustDomain?: string;
    csrPem: string;
  }): IssuedCertificate;
  /** For a TLS listener at these names or addresses; lasts as long as the intermediate. */
  serverCertificate(hosts: readonly string[]): { keyPem: string; certPem: string; notAfterMs: number };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const svidLifeMs = hourMs;
const rootLifeMs = 3650 * dayMs;
const intermediateLifeMs = 365 * dayMs;
/** Clocks of the mesh may differ by this. */
const backdateMs = minuteMs;
/** Renewed this early: months in which a root that is kept offline can be brought. */
const intermediateRenewalMs = intermediateLifeMs / 3;

function isTrustDomain(name: string): boolean {
  return /^[a-z0-9._-]{1,255}$/.test(name);
}

function trustDomainWords(name: string): string {
  return `trust domain "${name}": expected lower case letters, digits, ".", "-" and "_"`;
}

/** `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`. @throws RangeError when a name would change its meaning */
export function spiffeId(trustDomain: string, namespace: string, serviceAccount: string): string {
  if (!isTrustDomain(trustDomain)) throw new RangeError(trustDomainWords(trustDomain));
  for (const name of [namespace, serviceAccount]) {
    if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) {
      throw new RangeError(`"${name}" in a SPIFFE ID: expected lower case letters, digits, "-" and "."`);
    }
  }
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

/** Loads the authority of `directory`, or founds one there. @throws Error naming the file that is not as it must be */
export function openCertificateAuthority(options: CertificateAuthorityOptions): CertificateAuthority {
  const { directory, trustDomain, now } = options;
  if (!isTrustDomain(trustDomain)) throw new RangeError(trustDomainWords(trustDomain));
  const root = readAuthority(directory, 'root') ?? found(options);
  if (root.trustDomain !== trustDomain) {
    throw new Error(`${directory} is of trust domain "${root.trustDomain}", the mesh is "${trustDomain}"`);
  }
  let current = readAuthority(directory, 'intermediate');

  /** Valid for at least as long as anything it is about to sign. */
  const intermediate = (): Authority => {
    const isDue = current === undefined || current.notAfterMs - now() < intermediateRenewalMs;
    if (isDue && root.privateKey !== undefined) current = renewIntermediate(options, root);
    if (current?.privateKey === undefined || current.notAfterMs - now() < svidLifeMs) {
      throw new Error(`the intermediate in ${directory} has ended and root.pem has no key to renew it with`);
    }
    return current;
  };
  intermediate();

  return {
    trustDomain,
    bundlePem: root.certificatePem,
    issue({ namespace, serviceAccount, trustDomain: domain = trustDomain, csrPem }) {
      const id = spiffeId(domain, namespace, serviceAccount);
      const issuer = intermediate();
      const publicKey = readCsr(csrPem);
      const serial = newSerial();
      const endMs = wholeSecond(now() + svidLifeMs);
      const leaf = signCertificate(
        {
          commonName: '',
          altNames: [{ kind: 'uri', value: id }],
          publicKey,
          serial,
          notBeforeMs: now() - backdateMs,
          notAfterMs: endMs,
          use: { kind: 'peer' },
        },
        issuerOf(issuer),
      );
      return {
        chainPem: certificateToPem(leaf) + issuer.certificatePem,
        bundlePem: root.certificatePem,
        notAfterMs: endMs,
        spiffeId: id,
        serial: Buffer.from(serial).toString('hex').toUpperCase(),
      };
    },
    serverCertificate(hosts) {
      const issuer = intermediate();
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const endMs = issuer.notAfterMs;
      const leaf = signCertificate(
        {
          commonName: '',
          altNames: hosts.map(hostName),
          publicKey,
          serial: newSerial(),
          notBeforeMs: now() - backdateMs,
          notAfterMs: endMs,
          use: { kind: 'server' },
        },
        issuerOf(issuer),
      );
      return {
        keyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
        certPem: certificateToPem(leaf) + issuer.certificatePem,
        notAfterMs: endMs,
      };
    },
  };
}

function found({ directory, trustDomain, now }: CertificateAuthorityOptions): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const commonName = `Heddle root of ${trustDomain}`;
  const certificate = signCertificate(
    {
      commonName,
      altNames: [{ kind: 'uri', value: `spiffe://${trustDomain}` }],
      publicKey,
      serial: newSerial(),
      notBeforeMs: now() - backdateMs,
      notAfterMs: now() + rootLifeMs,
      use: { kind: 'authority', pathLength: 1 },
    },
    { commonName, publicKey, privateKey },
  );
  return writeAuthority(directory, 'root', certificateToPem(certificate), privateKey);
}

function renewIntermediate(
  { directory, trustDomain, now }: CertificateAuthorityOptions,
  root: Authority,
): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = signCertificate(
    {
      commonName: `Heddle intermediate of ${trustDomain}`,
      altNames: [{ kind: 'uri', value: `spiffe://${trustDomain}` }],
      publicKey,
      serial: newSerial(),
      notBeforeMs: now() - backdateMs,
      notAfterMs: Math.min(now() + intermediateLifeMs, root.notAfterMs),
      use: { kind: 'authority', pathLength: 0 },
    },
    issuerOf(root),
  );
  return writeAuthority(directory, 'intermediate', certificateToPem(certificate), privateKey);
}

function issuerOf({ commonName, privateKey }: Authority): Issuer {
  if (privateKey === undefined) throw new Error(`the key of "${commonName}" is not here`);
  return { commonName, publicKey: createPublicKey(privateKey), privateKey };
}

function hostName(host: string): SubjectAltName {
  return isIP(host) === 0 ? { kind: 'dns', value: host } : { kind: 'ip', value: host };
}

function wholeSecond(unixMs: number): number {
  return Math.floor(unixMs / 1000) * 1000;
}
