/** A world that is built on the one before, with what it remembers, compiles to what a fresh one does: after any edit, for any proxy. */
import { expect, it } from 'vitest';
import { parseDocuments } from '../documents/parse.ts';
import { instance } from '../testing.ts';
import { diceOf } from '../testing/dice.ts';
import type { WorkloadInstance } from '../world/instance.ts';
import { defaultSettings, World, type WorldDocument } from '../world/world.ts';
import { Compiler, Interner } from './snapshot.ts';

const names = ['a', 'b', 'c'];
type Dice = () => number;

const proxies: readonly WorkloadInstance[] = [
  instance('a', 'a', 'v1'),
  instance('client', 'client', 'v1', { namespace: 'other', id: 'other' }),
  instance('edge', 'edge', 'v1', { kind: 'gateway', id: 'edge', labels: { istio: 'edge' }, appPort: 0 }),
];

it.each(Array.from({ length: 30 }, (_, seed) => seed))('holds for edits of seed %i', (seed) => {
  const dice = diceOf(seed);
  const documents = new Map<string, WorldDocument>();
  const interner = new Interner();
  let world: World | undefined;
  let instances: readonly WorkloadInstance[] = proxies;
  for (let edit = 0; edit < 25; edit++) {
    if (dice() < 0.1) instances = dice() < 0.5 ? proxies : proxies.slice(0, 2);
    else change(documents, dice, edit);
    world = new World([...documents.values()], instances, defaultSettings, world);
    const remembering = new Compiler(world, interner);
    const fresh = new Compiler(new World([...documents.values()], instances), new Interner());
    for (const proxy of instances) expect(remembering.snapshotFor(proxy)).toEqual(fresh.snapshotFor(proxy));
    interner.sweep();
  }
});

/** Writes or deletes a document; what is written again with another text is another object. */
function change(documents: Map<string, WorldDocument>, dice: Dice, edit: number): void {
  const make = pick(dice, [
    service,
    rule,
    virtualService,
    virtualService,
    virtualService,
    httpRoute,
    split,
    gateway,
  ]);
  for (const document of parseDocuments(make(dice)).documents) {
    const id = `${document.key.kind} ${document.key.namespace}/${document.key.name}`;
    if (dice() < 0.15) documents.delete(id);
    else {
      const before = documents.get(id);
      documents.set(id, {
        ...document,
        generation: (before?.generation ?? 0) + 1,
        createdAtMs: before?.createdAtMs ?? edit,
        revision: edit,
      });
    }
  }
}

const service = (dice: Dice) => `
apiVersion: v1
kind: Service
metadata: { name: ${pick(dice, names)} }
spec: { selector: { app: a }, ports: [{ port: ${pick(dice, [80, 8080])}, name: http }] }
`;

const rule = (dice: Dice) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${pick(dice, names)}${pick(dice, ['', ', namespace: other'])} }
spec:
  host: ${pick(dice, names)}.default.svc.cluster.local
  trafficPolicy: { loadBalancer: ${pick(dice, ['{ simple: RANDOM }', '{ consistentHash: { httpHeaderName: x } }'])} }
  subsets: [{ name: ${pick(dice, ['v1', 'v2'])}, labels: { version: v1 } }]
`;

const virtualService = (dice: Dice) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${pick(dice, names)} }
spec:
  hosts: [${pick(dice, [...names, '"*.default.svc.cluster.local"', 'outside.example'])}]
  gateways: [${pick(dice, ['mesh', 'edge', 'mesh, edge'])}]
  exportTo: ["${pick(dice, ['*', '.'])}"]
  http:
    - match: [{ uri: { prefix: /${pick(dice, ['x', 'y'])} }, sourceNamespace: ${pick(dice, ['default', 'other'])} }]
      route: [{ destination: { host: ${pick(dice, names)}, subset: v1 } }]
    - route:
        - { destination: { host: ${pick(dice, names)} }, weight: ${pick(dice, [1, 2, 3])} }
        - { destination: { host: ${pick(dice, names)}, subset: v2 }, weight: 5 }
`;

const httpRoute = (dice: Dice) => `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${pick(dice, names)} }
spec:
  parentRefs: [{ group: "", kind: Service, name: ${pick(dice, names)} }]
  rules: [{ backendRefs: [{ name: ${pick(dice, names)}, port: ${pick(dice, [80, 8080])}, weight: ${pick(dice, [1, 2])} }] }]
`;

const split = (dice: Dice) => `
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: { name: ${pick(dice, names)} }
spec: { service: ${pick(dice, names)}, backends: [{ service: ${pick(dice, names)}, weight: 1 }] }
`;

const gateway = (dice: Dice) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge }
spec:
  selector: { istio: edge }
  servers: [{ port: { number: ${pick(dice, [80, 8080])}, name: http, protocol: HTTP }, hosts: ["*"] }]
`;

function pick<T>(dice: Dice, values: readonly T[]): T {
  const value = values[Math.floor(dice() * values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}
