import type { WorldDocuments } from '../world/world.ts';
import { modeOption } from '../translate/gateway-api/listener-tls.ts';
import type { Rule, RuleFinding } from './rule.ts';

type Secret = WorldDocuments['secrets'][number];

/** Istio's name for the certificate of the mesh in place of one of a Secret. */
const builtin = 'builtin://';

/** The Secret of a server's certificate is there (IST0101) and holds one (IST0161), or is the mesh's own (HDL0020). */
export const gatewayCredentials: Rule = function* (world) {
  const secrets = Map.groupBy(world.documents.secrets, ({ key }) => key.name);
  for (const document of world.documents.gateways) {
    for (const [i, { tls }] of document.object.spec.servers.entries()) {
      for (const field of ['credentialName', 'credentialNames', 'caCertCredentialName'] as const) {
        if (![tls?.[field] ?? []].flat().some((one) => one.startsWith(builtin))) continue;
        yield [document, notServed(`spec.servers[${i}].tls.${field}`, builtin)];
      }
      const name = tls?.credentialName ?? '';
      if (name === '' || name.startsWith(builtin)) continue;
      const path = `spec.servers[${i}].tls.credentialName`;
      // It is looked for beside the proxy, wherever that runs.
      const found = secrets.get(name);
      if (found === undefined) {
        const message = `no Secret "${name}" is known: the server refuses connections until there is one`;
        yield [document, { code: 'IST0101', severity: 'warning', path, message }];
      } else if (!found.some(holdsCertificate)) {
        const message = `Secret "${name}" has no certificate with its key; give it tls.crt and tls.key in PEM`;
        yield [document, { code: 'IST0161', severity: 'error', path, message }];
      }
    }
  }
  for (const document of world.documents.kubernetesGateways) {
    for (const [i, { tls }] of document.object.spec.listeners.entries()) {
      if (tls?.options?.[modeOption] !== 'ISTIO_SIMPLE') continue;
      yield [document, notServed(`spec.listeners[${i}].tls.options["${modeOption}"]`, 'ISTIO_SIMPLE')];
    }
  }
};

function notServed(path: string, what: string): RuleFinding {
  return {
    code: 'HDL0020',
    severity: 'warning',
    path,
    message: `${what}, the mesh's own certificate for anybody, is accepted but not yet served by the proxies: connections are refused; name a Secret, or use ISTIO_MUTUAL`,
  };
}

function holdsCertificate({ object: { data = {}, stringData = {} } }: Secret): boolean {
  const pem = (name: string, what: string) =>
    (stringData[name] ?? decoded(data[name] ?? '')).includes(`-----BEGIN ${what}`);
  return (
    (pem('tls.crt', 'CERTIFICATE') &&
      /PRIVATE KEY/.test(stringData['tls.key'] ?? decoded(data['tls.key'] ?? ''))) ||
    (pem('cert', 'CERTIFICATE') && /PRIVATE KEY/.test(stringData['key'] ?? decoded(data['key'] ?? '')))
  );
}

function decoded(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return '';
  }
}
