import type { ProxySnapshot } from '@heddle/traffic';
import { describe, expect, it } from 'vitest';
import { parseDocuments } from '../documents/parse.ts';
import { instance, worldOf } from '../testing.ts';
import { Compiler, Interner } from './snapshot.ts';
import { secretsFor } from './secrets.ts';

const edge = instance('edge', 'edge', 'v1', {
  kind: 'gateway',
  labels: { 'gateway.networking.k8s.io/gateway-name': 'edge' },
});
const login = (name: string) => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec: { parentRefs: [{ name: edge }], hostnames: [${name}.example], rules: [{}] }
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: SecurityPolicy
metadata: { name: ${name} }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: ${name} }]
  oidc: { provider: { issuer: "https://id.example" }, clientID: shop, clientSecret: { name: client } }
`;

/** Of a gateway whose two routes have policies of their own, for one client. */
function secretsWith(clientSecret: string): ReadonlyMap<string, string> {
  const world = worldOf(
    parseDocuments(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: edge }
spec: { gatewayClassName: heddle, listeners: [{ name: http, port: 8080, protocol: HTTP }] }
---
apiVersion: v1
kind: Secret
metadata: { name: client }
stringData: { client-secret: ${clientSecret} }
${login('cart')}${login('wares')}`).documents,
    [edge],
  );
  const snapshot: ProxySnapshot = new Compiler(world, new Interner()).snapshotFor(edge);
  return new Map(
    secretsFor(snapshot, edge, world).flatMap((one) =>
      one.kind === 'opaque' ? [[one.name, one.value] as const] : [],
    ),
  );
}

describe('what a gateway is told for logins', () => {
  const secrets = secretsWith('hush');
  const keys = (all: ReadonlyMap<string, string>) =>
    [...all].filter(([name]) => name.startsWith('cookies://')).map(([, value]) => value);

  it("is the client's secret, once, and a key for each policy", () => {
    expect(secrets.get('client-secret://default/client')).toBe('hush');
    expect(secrets.size).toBe(3);
    expect(new Set(keys(secrets)).size).toBe(2);
    for (const key of keys(secrets)) expect(Buffer.from(key, 'base64')).toHaveLength(32);
  });

  it('is the same wherever it is compiled, and another one when the secret changes', () => {
    expect(secretsWith('hush')).toEqual(secrets);
    expect(keys(secretsWith('hushed'))).not.toEqual(keys(secrets));
  });
});

describe('what a gateway is told for connections of which it ends TLS', () => {
  it('is the certificate, and who vouches for clients', () => {
    const world = worldOf(
      parseDocuments(`
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge }
spec:
  selector: { gateway.networking.k8s.io/gateway-name: edge }
  servers:
    - port: { number: 443, name: tls, protocol: TLS }
      hosts: ["*"]
      tls: { mode: MUTUAL, credentialName: db }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: db }
spec: { hosts: ["*"], gateways: [edge], tcp: [{ route: [{ destination: { host: db } }] }] }
---
apiVersion: v1
kind: Secret
metadata: { name: db }
stringData: { tls.crt: chain, tls.key: key, ca.crt: roots }
`).documents,
      [edge],
    );
    expect(secretsFor(new Compiler(world, new Interner()).snapshotFor(edge), edge, world)).toEqual([
      { kind: 'certificate', name: 'kubernetes://db', chainPem: 'chain', privateKeyPem: 'key' },
      { kind: 'authorities', name: 'kubernetes://db-cacert', rootsPem: 'roots' },
    ]);
  });
});
