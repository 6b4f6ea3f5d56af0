import type { ClientTlsSettings } from '@heddle/schema';
import { type RuleFinding, documentRule } from './rule.ts';

/** TLS towards a service without the certificates that its own is verified by (IST0128, for a port IST0129). */
export const serverVerification = documentRule('destinationRules', function* ({ object: { spec } }) {
  const { trafficPolicy, workloadSelector } = spec;
  const hasSelector = workloadSelector !== undefined;
  if (isUnverified(trafficPolicy?.tls, hasSelector)) {
    yield finding('IST0128', 'spec.trafficPolicy.tls', spec.host);
  }
  for (const [i, { tls, port }] of (trafficPolicy?.portLevelSettings ?? []).entries()) {
    if (!isUnverified(tls, hasSelector)) continue;
    yield finding(
      'IST0129',
      `spec.trafficPolicy.portLevelSettings[${i}].tls`,
      `${spec.host}:${port?.number ?? ''}`,
    );
  }
});

/** A credential holds the certificates; sidecars read it only where a selector names them. */
function isUnverified(tls: ClientTlsSettings | undefined, hasSelector: boolean): boolean {
  if (tls?.mode !== 'SIMPLE' && tls?.mode !== 'MUTUAL') return false;
  return (tls.caCertificates ?? '') === '' && !((tls.credentialName ?? '') !== '' && hasSelector);
}

function finding(code: string, path: string, host: string): RuleFinding {
  return {
    code,
    severity: 'warning',
    path,
    message: `nothing says by which certificates ${host} is verified; add caCertificates`,
  };
}
