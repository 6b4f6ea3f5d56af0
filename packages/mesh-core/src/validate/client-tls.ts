import type { ClientTlsSettings } from '@heddle/schema';
import { type RuleFinding, schemaError } from './rule.ts';

const configMap = 'configmap://';

/** The settings of TLS towards a service go together (IST0106). */
export function* clientTlsFindings(
  path: string,
  tls: ClientTlsSettings | undefined,
  namespace: string,
): Iterable<RuleFinding> {
  if (tls === undefined) return;
  const given = (...fields: (keyof ClientTlsSettings)[]) =>
    fields.find((field) => tls[field] !== undefined && tls[field] !== '');
  const { mode, credentialName = '' } = tls;
  if (credentialName.startsWith(configMap)) {
    const [holder, name] = credentialName.slice(configMap.length).split('/');
    if (holder !== namespace || (name ?? '') === '') {
      yield schemaError(
        `${path}.credentialName`,
        `a ConfigMap is in the own namespace; write configmap://${namespace}/name`,
      );
    }
  }
  if (tls.insecureSkipVerify === true && (mode === 'SIMPLE' || mode === 'MUTUAL')) {
    const useless =
      mode === 'SIMPLE'
        ? given('caCertificates', 'credentialName', 'subjectAltNames')
        : given('caCertificates', 'subjectAltNames');
    if (useless !== undefined) {
      yield schemaError(
        `${path}.${useless}`,
        `${useless} verifies nothing with insecureSkipVerify; remove one of them`,
      );
    }
  }
  if ((mode === 'SIMPLE' || mode === 'MUTUAL') && credentialName !== '') {
    const second = given('clientCertificate', 'caCertificates', 'privateKey', 'caCrl');
    if (second !== undefined) {
      yield schemaError(
        `${path}.${second}`,
        `credentialName and ${second} exclude each other; keep one of them`,
      );
    }
    return;
  }
  if (mode !== 'MUTUAL') return;
  for (const field of ['clientCertificate', 'privateKey'] as const) {
    if (given(field) === undefined) {
      yield schemaError(
        `${path}.${field}`,
        `${field} is missing: mode MUTUAL shows a certificate to the service; add it`,
      );
    }
  }
}
