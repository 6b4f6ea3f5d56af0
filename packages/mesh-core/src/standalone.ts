/** What a gateway is told by documents alone, without a control plane. */
import { Compiler, Interner, type Published } from './compile/snapshot.ts';
import { gatewayNameLabel } from './translate/gateway-api/gateway.ts';
import type { SourceText } from './documents/parse.ts';
import { type TakenDocuments, takenDocuments } from './validate/taken-documents.ts';
import type { WorkloadInstance } from './world/instance.ts';
import { World } from './world/world.ts';

export interface StandaloneGateway extends Published, Pick<TakenDocuments, 'leftOut'> {
  /** Of the gateway that runs. */
  readonly instance: WorkloadInstance;
}

/** The Gateway that is asked for is not there, or it is not clear which one is meant. */
export class GatewayChoiceError extends Error {}

/** A document that protects cannot be used: without it the gateway would let in whom it keeps out. */
export class UnprotectedError extends Error {}

const protecting: ReadonlySet<string> = new Set([
  'AuthorizationPolicy',
  'RequestAuthentication',
  'PeerAuthentication',
  'SecurityPolicy',
  'TrafficTarget',
]);

/**
 * @param address that the gateway's ports are opened on
 * @param wanted `namespace/name` of a Gateway of either API; undefined: the only one
 * @throws GatewayChoiceError naming the Gateways that there are; UnprotectedError naming the document
 */
export function standaloneGateway(
  sources: readonly SourceText[],
  address: string,
  wanted: string | undefined,
): StandaloneGateway {
  const { documents, leftOut } = takenDocuments(sources);
  const guard = leftOut.find(({ kind }) => protecting.has(kind));
  if (guard !== undefined) throw new UnprotectedError(guard.note);
  const { gateways, kubernetesGateways } = new World(documents, []).documents;
  const known = [
    ...gateways.map(({ key, object }) => ({ key, labels: object.spec.selector ?? {} })),
    ...kubernetesGateways.map(({ key }) => ({ key, labels: { [gatewayNameLabel]: key.name } })),
  ];
  const names = known.map(({ key }) => `${key.namespace}/${key.name}`);
  const at = wanted === undefined && known.length === 1 ? 0 : names.indexOf(wanted ?? '');
  const chosen = known[at];
  if (chosen === undefined) {
    const there = names.length === 0 ? 'no Gateway that can be used' : `Gateways ${names.join(', ')}`;
    throw new GatewayChoiceError(`there are ${there}`.replace('there are no', 'there is no'));
  }
  const { namespace, name } = chosen.key;
  const instance: WorkloadInstance = {
    id: name,
    kind: 'gateway',
    namespace,
    workload: name,
    labels: chosen.labels,
    serviceAccount: name,
    address,
    inboundPort: 0,
    appPort: 0,
    ready: true,
    reason: '',
  };
  const published = new Compiler(new World(documents, [instance]), new Interner()).publishedFor(instance);
  return { ...published, instance, leftOut };
}
