import type { GatewayServerTls } from '@heddle/schema';
import { exclusive, type RuleFinding, schemaError, schemaWarning } from './rule.ts';

/** The suites that Envoy's TLS library knows (BoringSSL, without PSK). */
const cipherSuites: ReadonlySet<string> = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
  'DES-CBC3-SHA',
]);

const filesOfCertificate = ['serverCertificate', 'privateKey', 'caCertificates'] as const;

/** The settings of TLS at a listener go together: one source of certificates, and those that the mode needs (IST0106). */
export function* serverTlsFindings(path: string, tls: GatewayServerTls | undefined): Iterable<RuleFinding> {
  if (tls === undefined) return;
  yield* exclusive(path, tls, ['credentialNames', 'tlsCertificates']);
  yield* exclusive(path, tls, ['credentialName', 'credentialNames']);
  yield* cipherFindings(`${path}.cipherSuites`, tls.cipherSuites);
  const { minProtocolVersion: oldest = 'TLS_AUTO' } = tls;
  if ((oldest === 'TLSV1_0' || oldest === 'TLSV1_1') && !isGiven(tls.cipherSuites)) {
    yield schemaWarning(
      `${path}.minProtocolVersion`,
      `${oldest} has none of the suites that are on by default; add cipherSuites`,
    );
  }
  const sources = (['credentialName', 'credentialNames', 'tlsCertificates'] as const).filter((field) =>
    isGiven(tls[field]),
  );
  // No mode is the first of Istio's enum.
  const { mode = 'PASSTHROUGH' } = tls;
  const given = [...sources, ...filesOfCertificate.filter((field) => isGiven(tls[field]))];
  if (mode === 'ISTIO_MUTUAL') {
    for (const field of given) {
      yield schemaError(
        `${path}.${field}`,
        `mode ISTIO_MUTUAL uses the mesh's own certificates; remove ${field}`,
      );
    }
    return;
  }
  if (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') {
    for (const field of [...given, ...(isGiven(tls.caCrl) ? (['caCrl'] as const) : [])]) {
      yield schemaWarning(
        `${path}.${field}`,
        `mode ${mode} does not end TLS, so ${field} is not used; remove it`,
      );
    }
  }
  const hasFiles = isGiven(tls.serverCertificate) && isGiven(tls.privateKey);
  const second = [...sources, ...(hasFiles ? (['serverCertificate'] as const) : [])][1];
  if (second !== undefined) {
    yield schemaError(`${path}.${second}`, 'there is more than one source of certificates; keep one of them');
  }
  if (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') {
    yield* revocationFindings(path, tls);
    return;
  }
  if (isGiven(tls.credentialName) || isGiven(tls.credentialNames)) return;
  yield* certificateFindings(path, tls, mode);
  yield* revocationFindings(path, tls);
}

function* certificateFindings(path: string, tls: GatewayServerTls, mode: string): Iterable<RuleFinding> {
  if (mode !== 'SIMPLE' && !isGiven(tls.caCertificates)) {
    yield schemaError(
      `${path}.caCertificates`,
      `mode ${mode} verifies clients; add caCertificates or a credentialName that holds them`,
    );
  }
  const listed = isGiven(tls.tlsCertificates) ? (tls.tlsCertificates ?? []) : undefined;
  for (const [i, certificate] of (listed ?? [tls]).entries()) {
    const at = listed === undefined ? path : `${path}.tlsCertificates[${i}]`;
    for (const field of ['serverCertificate', 'privateKey'] as const) {
      if (isGiven(certificate[field])) continue;
      yield schemaError(`${at}.${field}`, `mode ${mode} needs ${field}; add it, or name a credentialName`);
    }
  }
}

function* revocationFindings(path: string, tls: GatewayServerTls): Iterable<RuleFinding> {
  if (!isGiven(tls.caCrl)) return;
  if (isGiven(tls.credentialName)) {
    yield schemaError(
      `${path}.caCrl`,
      'with credentialName the list of revoked certificates is in the Secret; remove it',
    );
  }
  if (tls.mode === 'SIMPLE') {
    yield schemaError(`${path}.caCrl`, 'mode SIMPLE verifies no client certificates; remove caCrl');
  }
}

function* cipherFindings(path: string, suites: readonly string[] | undefined): Iterable<RuleFinding> {
  const seen = new Set<string>();
  for (const [i, suite] of (suites ?? []).entries()) {
    // Expressions such as -ALL are BoringSSL's to read.
    const isKnown =
      suite === '' || suite === 'ALL' || !/^[\p{L}\p{N}]/u.test(suite) || cipherSuites.has(suite);
    if (!isKnown)
      yield schemaWarning(`${path}[${i}]`, `"${suite}" is not a known cipher suite and is ignored`);
    else if (seen.has(suite)) yield schemaWarning(`${path}[${i}]`, `"${suite}" is there already; remove one`);
    seen.add(suite);
  }
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== '';
}
