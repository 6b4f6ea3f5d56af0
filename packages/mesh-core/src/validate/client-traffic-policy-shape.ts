import type { ClientTrafficPolicySpec } from '@heddle/schema';
import { cidrFindings } from './backend-traffic-policy-shape.ts';
import { keepaliveFindings } from './envoy-cluster-settings.ts';
import { exclusive, type RuleFinding, documentRule, schemaError } from './rule.ts';

/** What the definition of ClientTrafficPolicy asks beyond the fields' forms (IST0106). */
export const clientTrafficPolicyShape = documentRule(
  'clientTrafficPolicies',
  function* ({ object: { spec } }) {
    const { clientIPDetection, connection, headers, tls } = spec;
    if (clientIPDetection !== undefined) yield* detectionFindings(clientIPDetection);
    const limit = connection?.connectionLimit;
    if (limit?.closeDelay !== undefined && limit.value === undefined) {
      yield schemaError('spec.connection.connectionLimit.closeDelay', 'closeDelay goes with value');
    }
    if (headers !== undefined) {
      yield* exclusive('spec.headers', headers, ['preserveXRequestID', 'requestID']);
      const { certDetailsToAdd = [], mode } = headers.xForwardedClientCert ?? {};
      if (certDetailsToAdd.length > 0 && mode !== 'AppendForward' && mode !== 'SanitizeSet') {
        yield schemaError(
          'spec.headers.xForwardedClientCert.certDetailsToAdd',
          'details go with mode AppendForward or SanitizeSet',
        );
      }
    }
    if (tls !== undefined) yield* tlsFindings(tls);
    yield* keepaliveFindings(spec.http2, 'spec');
  },
);

type Detection = NonNullable<ClientTrafficPolicySpec['clientIPDetection']>;

function* detectionFindings(detection: Detection): Iterable<RuleFinding> {
  const { xForwardedFor, customHeader, directSourceIP } = detection;
  if ([xForwardedFor, customHeader, directSourceIP].filter((one) => one !== undefined).length !== 1) {
    yield schemaError(
      'spec.clientIPDetection',
      'write one of xForwardedFor, customHeader and directSourceIP',
    );
  }
  if (xForwardedFor === undefined) return;
  const { numTrustedHops, trustedCIDRs } = xForwardedFor;
  if ((numTrustedHops === undefined) === (trustedCIDRs === undefined)) {
    yield schemaError('spec.clientIPDetection.xForwardedFor', 'write one of numTrustedHops and trustedCIDRs');
  }
  for (const [i, block] of (trustedCIDRs ?? []).entries()) {
    yield* cidrFindings(block, `spec.clientIPDetection.xForwardedFor.trustedCIDRs[${i}]`);
  }
}

type Tls = NonNullable<ClientTrafficPolicySpec['tls']>;

const versions = ['Auto', '1.0', '1.1', '1.2', '1.3'];

function* tlsFindings({ minVersion, maxVersion, ciphers, clientValidation }: Tls): Iterable<RuleFinding> {
  if (minVersion === '1.3' && ciphers !== undefined) {
    yield schemaError(
      'spec.tls.ciphers',
      'the suites of TLS 1.3 are not chosen; remove ciphers, or allow TLS 1.2',
    );
  }
  if (maxVersion !== undefined && maxVersion !== 'Auto') {
    const least = versions.indexOf(minVersion ?? '1.2');
    if (least > versions.indexOf(maxVersion)) {
      const said = minVersion ?? '1.2, its default';
      yield schemaError('spec.tls.maxVersion', `${maxVersion} is less than minVersion, which is ${said}`);
    }
  }
  for (const [i, hash] of (clientValidation?.certificateHashes ?? []).entries()) {
    if (!/^(?:[0-9a-f]{64}|(?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/i.test(hash)) {
      const path = `spec.tls.clientValidation.certificateHashes[${i}]`;
      yield schemaError(path, `"${hash}" is no SHA-256 in hexadecimal, with or without colons`);
    }
  }
  for (const [i, hash] of (clientValidation?.spkiHashes ?? []).entries()) {
    if (!/^[\w+/]{43}=$/.test(hash)) {
      yield schemaError(`spec.tls.clientValidation.spkiHashes[${i}]`, `"${hash}" is no SHA-256 in base64`);
    }
  }
  const { allowExpiredCertificate, mode } = clientValidation ?? {};
  if (
    allowExpiredCertificate === true &&
    mode !== undefined &&
    !['VerifyIfGiven', 'RequireAndVerify'].includes(mode)
  ) {
    yield schemaError(
      'spec.tls.clientValidation.allowExpiredCertificate',
      'expired certificates are a question of modes that verify them: VerifyIfGiven and RequireAndVerify',
    );
  }
}
