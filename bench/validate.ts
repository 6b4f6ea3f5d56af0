/**
 * What validation costs: `node bench/validate.ts` after `npm ci`.
 *
 * Services with their VirtualService, DestinationRule, AuthorizationPolicy, PeerAuthentication, Sidecar, Gateway and Deployment are
 * validated as one text, in one namespace (where everything may meet everything): the time should grow no faster than the documents.
 */
import { validateDocuments } from '@heddle/mesh-core';

const documents = (i: number) => [
  ['v1', 'Service', `{ selector: { app: s${i} }, ports: [{ port: 80, name: http }] }`],
  ['apps/v1', 'Deployment', `{ template: { metadata: { labels: { app: s${i}, version: v1 } }, spec: {} } }`],
  [
    'networking.istio.io/v1',
    'DestinationRule',
    `{ host: s${i}, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }`,
  ],
  [
    'networking.istio.io/v1',
    'VirtualService',
    `{ hosts: [s${i}], http: [{ route: [{ destination: { host: s${i}, subset: v1 }, weight: 90 }, { destination: { host: s${i}, subset: v2 }, weight: 10 }] }] }`,
  ],
  [
    'networking.istio.io/v1',
    'Gateway',
    `{ selector: { app: s${i} }, servers: [{ hosts: [s${i}.example.com], port: { number: 80, name: http, protocol: HTTP } }] }`,
  ],
  [
    'networking.istio.io/v1',
    'Sidecar',
    `{ workloadSelector: { labels: { app: s${i} } }, egress: [{ hosts: ["./*"] }] }`,
  ],
  [
    'security.istio.io/v1',
    'PeerAuthentication',
    `{ selector: { matchLabels: { app: s${i} } }, mtls: { mode: STRICT } }`,
  ],
  [
    'security.istio.io/v1',
    'AuthorizationPolicy',
    `{ selector: { matchLabels: { app: s${i} } }, rules: [{ to: [{ operation: { paths: ["/a*"] } }] }] }`,
  ],
];

for (const count of [1000, 10_000]) {
  const text = Array.from({ length: count / 8 }, (_, i) =>
    documents(i).map(
      ([apiVersion, kind, spec]) =>
        `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: s${i} }\nspec: ${spec}\n---\n`,
    ),
  )
    .flat()
    .join('');
  const startedAt = performance.now();
  const results = validateDocuments([text]);
  const ms = Math.round(performance.now() - startedAt);
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const invalid = results.filter(({ verdict }) => verdict === 'invalid').length;
  console.log(`${count} documents: ${ms} ms, peak resident memory ${peakMiB} MiB, ${invalid} invalid`);
}
