import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, TLSSocket } from 'node:tls';
import { createCsr } from '@heddle/x509';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCertificateAuthority, type CertificateAuthority } from './ca.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let directory: string;
let nowMs: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heddle-ca-'));
  nowMs = Date.now();
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = (trustDomain = 'cluster.local') =>
  openCertificateAuthority({ directory, trustDomain, now: () => nowMs });

function workload(ca: CertificateAuthority, serviceAccount: string) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issued = ca.issue({ namespace: 'default', serviceAccount, csrPem: createCsr(privateKey) });
  return { ...issued, key: privateKey.export({ format: 'pem', type: 'pkcs8' }) };
}

function saved(name: string, pem: string): string {
  writeFileSync(join(directory, name), pem);
  return join(directory, name);
}

describe('a certificate for a workload', () => {
  it('is its SPIFFE ID alone, for one hour, dated back a minute', () => {
    const issued = workload(open(), 'reviews');
    const leaf = new X509Certificate(issued.chainPem);
    expect(issued.spiffeId).toBe('spiffe://cluster.local/ns/default/sa/reviews');
    expect(leaf.subjectAltName).toBe(`URI:${issued.spiffeId}`);
    expect(leaf.subject).toBeUndefined();
    expect(Date.parse(leaf.validTo)).toBe(issued.notAfterMs);
    expect(issued.notAfterMs).toBe(Math.floor((nowMs + hourMs) / 1000) * 1000);
    expect(Date.parse(leaf.validFrom)).toBe(Math.floor((nowMs - 60_000) / 1000) * 1000);
    expect(leaf.serialNumber).toBe(issued.serial);
    expect(issued.serial).toMatch(/^[0-9A-F]{32}$/);
  });

  it('satisfies openssl with the root as the only trust', () => {
    const issued = workload(open(), 'reviews');
    const [leaf = '', intermediate = ''] = issued.chainPem.split(/(?<=-----END CERTIFICATE-----\n)/);
    const files = `-CAfile ${saved('ca', issued.bundlePem)} -untrusted ${saved('mid', intermediate)} ${saved('leaf', leaf)}`;
    const verdict = execFileSync('openssl', `verify -x509_strict -purpose sslclient ${files}`.split(' '));
    expect(verdict.toString()).toContain('OK');
    const text = execFileSync(
      'openssl',
      ['x509', '-noout', '-ext', 'subjectAltName,keyUsage,basicConstraints'],
      {
        input: leaf,
      },
    );
    expect(text.toString()).toMatch(/Subject Alternative Name: critical/);
    expect(text.toString()).toMatch(/Key Usage: critical\s+Digital Signature\s/);
  });

  it('proves both ends to each other in a TLS handshake', async () => {
    const ca = open();
    const reviews = workload(ca, 'reviews');
    const ratings = workload(ca, 'ratings');
    const server = createServer({
      key: ratings.key,
      cert: ratings.chainPem,
      ca: ratings.bundlePem,
      requestCert: true,
      rejectUnauthorized: true,
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted: Promise<unknown[]> = once(server, 'secureConnection');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('expected a port');
    const client = connect({
      port: address.port,
      host: '127.0.0.1',
      key: reviews.key,
      cert: reviews.chainPem,
      ca: reviews.bundlePem,
      checkServerIdentity: () => undefined,
    });
    const [socket] = await accepted;
    if (!(socket instanceof TLSSocket)) throw new Error('expected a TLS socket');
    expect(socket.getPeerCertificate().subjectaltname).toBe(`URI:${reviews.spiffeId}`);
    expect(client.getPeerCertificate().subjectaltname).toBe(`URI:${ratings.spiffeId}`);
    client.destroy();
    server.close();
    await once(server, 'close');
  });

  it('is not made for a name that would be another identity, nor for a request that proves nothing', () => {
    const ca = open();
    const csrPem = createCsr(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    expect(() => ca.issue({ namespace: 'a/sa/admin', serviceAccount: 'x', csrPem })).toThrow(
      '"a/sa/admin" in a SPIFFE ID',
    );
    expect(() => ca.issue({ namespace: 'a', serviceAccount: '', csrPem })).toThrow('"" in a SPIFFE ID');
    expect(() => ca.issue({ namespace: 'a', serviceAccount: 'x', csrPem: 'please' })).toThrow(
      'no CERTIFICATE REQUEST',
    );
  });
});

describe('the authority', () => {
  it('is founded once, in files of its owner alone, and found again', () => {
    const first = open().bundlePem;
    expect(open().bundlePem).toBe(first);
    expect(statSync(join(directory, 'root.pem')).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'intermediate.pem')).mode & 0o777).toBe(0o600);
  });

  it('signs on with another intermediate and the same root when the first is two thirds through its year', () => {
    const ca = open();
    const before = readFileSync(join(directory, 'intermediate.pem'), 'utf8');
    nowMs += 250 * dayMs;
    workload(ca, 'reviews');
    expect(readFileSync(join(directory, 'intermediate.pem'), 'utf8')).not.toBe(before);
    expect(open().bundlePem).toBe(ca.bundlePem);
  });

  it('signs without the root key until the intermediate ends, then says what is missing', () => {
    open();
    const path = join(directory, 'root.pem');
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(/-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n/, ''),
    );
    const ca = open();
    workload(ca, 'reviews');
    nowMs += 366 * dayMs;
    expect(() => workload(ca, 'reviews')).toThrow('has ended and root.pem has no key to renew it with');
  });

  it('refuses a directory of another trust domain, and keys that others can read', () => {
    open();
    expect(() => open('other.example')).toThrow(
      'is of trust domain "cluster.local", the mesh is "other.example"',
    );
    chmodSync(join(directory, 'root.pem'), 0o644);
    expect(() => open()).toThrow(/root\.pem has mode 644/);
  });

  it('gives a server certificate for names and addresses', () => {
    const { certPem, keyPem } = open().serverCertificate(['localhost', '127.0.0.1']);
    expect(new X509Certificate(certPem).subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
    expect(keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });
});
