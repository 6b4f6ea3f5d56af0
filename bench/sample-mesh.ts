/** Generated meshes for the measurements: one sidecar, and Services in any number. */
import { type ParsedDocument, parseDocuments } from '@heddle/mesh-core';

export const caller = {
  id: 'sidecar~127.0.0.1~caller.default~cluster.local',
  kind: 'sidecar',
  namespace: 'default',
  workload: 'caller',
  labels: { app: 'caller' },
  serviceAccount: 'default',
  address: '127.0.0.1',
  inboundPort: 15_006,
  appPort: 8080,
  ready: true,
  reason: '',
} as const;

export type Stored = ParsedDocument & { generation: number; createdAtMs: number; revision: number };

/** As they come from the store. */
export function stored(yaml: string): Stored[] {
  return parseDocuments(yaml).documents.map((one) => ({
    ...one,
    generation: 1,
    createdAtMs: 0,
    revision: 1,
  }));
}

/** The Service `s<i>`. */
export const service = (i: number) => `
apiVersion: v1
kind: Service
metadata: { name: s${i} }
spec: { selector: { app: s${i} }, ports: [{ port: 80, name: http }] }
---
`;

/** Its subsets v1 and v2. */
export const destinationRule = (i: number) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: s${i} }
spec: { host: s${i}, subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }] }
---
`;

/** Its VirtualService with these rules, YAML of a list. */
export const virtualService = (i: number, rules: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: s${i} }
spec:
  hosts: [s${i}]
  http:
${rules}
---
`;

/** The rule that splits between its subsets. */
export const split = (i: number, weight: number) => `
    - route:
        - { destination: { host: s${i}, subset: v1 }, weight: ${weight} }
        - { destination: { host: s${i}, subset: v2 }, weight: ${100 - weight} }`;

/** `count` times, one after the other. */
export function times(count: number, make: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => make(i)).join('');
}
