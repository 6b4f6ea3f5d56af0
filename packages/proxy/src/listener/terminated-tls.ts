import { createHash } from 'node:crypto';
import type { SecureContextOptions, TLSSocket, TlsOptions } from 'node:tls';
import type { TerminatedTls, TlsVersion } from '@heddle/traffic';
import { TlsMaterialError, type TlsSecrets, trust } from '../identity/tls-secrets.ts';

const versions: Readonly<Record<TlsVersion, NonNullable<SecureContextOptions['minVersion']>>> = {
  TLSv1_0: 'TLSv1',
  TLSv1_1: 'TLSv1.1',
  TLSv1_2: 'TLSv1.2',
  TLSv1_3: 'TLSv1.3',
};
/** Said along with chosen suites, which are those before TLS 1.3: Node would else take the absence of these for a wish. */
const tls13Suites = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** @throws TlsMaterialError when a certificate is not there: nothing is served instead */
export function serverOptions(tls: TerminatedTls, secrets: TlsSecrets): TlsOptions {
  if (tls.certificates.length === 0) throw new TlsMaterialError('no certificate is named');
  const certificates = tls.certificates.map((one) => secrets.certificate(one));
  const verifies = tls.mode !== 'SIMPLE';
  return {
    cert: certificates.map(({ chainPem }) => chainPem),
    key: certificates.map(({ privateKeyPem }) => privateKeyPem),
    ...(verifies && !tls.isInsecure ? trustOf(tls, secrets) : {}),
    requestCert: verifies,
    rejectUnauthorized: tls.mode === 'MUTUAL' && !tls.isInsecure,
    minVersion: versions[tls.minVersion],
    maxVersion: versions[tls.maxVersion],
    ...ciphersOf(tls),
    ...(tls.ecdhCurves.length === 0 ? {} : { ecdhCurve: tls.ecdhCurves.join(':') }),
    honorCipherOrder: true,
    ALPNProtocols: ['http/1.1'],
  };
}

function trustOf({ authorities }: TerminatedTls, secrets: TlsSecrets): SecureContextOptions {
  if (authorities === undefined) throw new TlsMaterialError('nobody vouches for clients');
  return trust(secrets.authorities(authorities));
}

/** OpenSSL's level of today has no suite that TLS before 1.2 could use. */
function ciphersOf({ cipherSuites, minVersion }: TerminatedTls): { ciphers?: string } {
  const isOld = minVersion === 'TLSv1_0' || minVersion === 'TLSv1_1';
  const level = isOld ? ['@SECLEVEL=0'] : [];
  if (cipherSuites.length > 0) return { ciphers: [...tls13Suites, ...cipherSuites, ...level].join(':') };
  return isOld ? { ciphers: [...tls13Suites, 'DEFAULT', ...level].join(':') } : {};
}

/** Why a client is not let in after the handshake; undefined when it is. */
export function clientProblem(socket: TLSSocket, tls: TerminatedTls): string | undefined {
  if (tls.mode === 'SIMPLE') return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return tls.mode === 'MUTUAL' ? 'it showed no certificate' : undefined;
  if (!socket.authorized && !tls.isInsecure) return 'nobody vouches for its certificate';
  const { certificateHashes, publicKeyHashes, subjectAltNames } = tls;
  const names = namesIn(certificate.subjectAltName);
  if (subjectAltNames.length > 0 && !subjectAltNames.some((name) => names.includes(name))) {
    return 'its certificate has none of the expected names';
  }
  if (certificateHashes.length + publicKeyHashes.length === 0) return undefined;
  const hash = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const isKnown =
    certificateHashes.some((one) => one.replaceAll(':', '').toLowerCase() === hash) ||
    publicKeyHashes.includes(createHash('sha256').update(spki).digest('base64'));
  return isKnown ? undefined : 'its certificate is none of the expected ones';
}

/** Node quotes a name that contains the separator; none that is expected does. */
export function namesIn(subjectAltName: string | undefined): readonly string[] {
  if (subjectAltName === undefined || subjectAltName.includes('"')) return [];
  return subjectAltName.split(', ').map((name) => name.replace(/^(?:DNS|URI|IP Address|email):/, ''));
}
