import type { ClientTlsSettings } from '@heddle/schema';
import { keyWords } from '../documents/key.ts';
import { isSubset } from '../world/instance.ts';
import type { World, WorldDocuments } from '../world/world.ts';
import { type RuleFinding, ruleFor } from './rule.ts';

type DestinationRule = WorldDocuments['destinationRules'][number];
type PeerAuthentication = WorldDocuments['peerAuthentications'][number];

/**
 * What a DestinationRule says of TLS and what the server asks for: plaintext where mTLS is demanded (KIA0207, by the whole mesh
 * KIA0208), mTLS where it is off
 * (KIA0505, for the whole mesh KIA0506). Where no rule speaks of TLS, clients do what the server asks for.
 */
export const mtlsPairs = ruleFor('destinationRules', function* (document, world) {
  const { key, object } = document;
  const { spec } = object;
  const mode = spec.trafficPolicy?.tls?.mode;
  if (mode !== 'DISABLE' && mode !== 'ISTIO_MUTUAL') return;
  const hostname = world.resolve(spec.host, key.namespace);
  if (hostname === '*.local') yield* namespacesThatClash(document, mode, world);
  const service = world.service(hostname);
  const namespace = service?.namespace ?? namespaceOf(hostname, world);
  if (namespace === undefined) return;
  const server = serverMode(namespace, service?.selector, world);
  if (server === undefined || !clash(mode, server.mode)) return;
  yield clashFinding(mode, server, spec.host, world);
});

/** A rule for all of the mesh, where a whole namespace asks for something else and no rule is for that. */
function* namespacesThatClash(
  document: DestinationRule,
  mode: 'DISABLE' | 'ISTIO_MUTUAL',
  world: World,
): Iterable<RuleFinding> {
  const namespaces = new Set(world.documents.peerAuthentications.map(({ key }) => key.namespace));
  for (const namespace of namespaces) {
    if (namespace === world.settings.rootNamespace) continue;
    const host = `*.${namespace}.svc.cluster.local`;
    const server = serverMode(namespace, undefined, world);
    if (server?.policy.key.namespace !== namespace || !clash(mode, server.mode)) continue;
    if (world.rulesCovering(host)[0] === document) yield clashFinding(mode, server, host, world);
  }
}

function clashFinding(
  mode: 'DISABLE' | 'ISTIO_MUTUAL',
  server: ServerMode,
  host: string,
  world: World,
): RuleFinding {
  const isMeshWide = server.policy.key.namespace === world.settings.rootNamespace;
  return {
    code: codeOf(mode, isMeshWide),
    severity: 'error',
    path: 'spec.trafficPolicy.tls.mode',
    message: `${mode} clashes with ${server.mode} of ${keyWords(server.policy.key)}: every connection to ${host} is reset; remove the mode here, and clients do what the server asks for`,
  };
}

interface ServerMode {
  readonly mode: string;
  readonly policy: PeerAuthentication;
}

function clash(client: NonNullable<ClientTlsSettings['mode']>, server: string): boolean {
  return (client === 'DISABLE' && server === 'STRICT') || (client === 'ISTIO_MUTUAL' && server === 'DISABLE');
}

function codeOf(mode: 'DISABLE' | 'ISTIO_MUTUAL', isMeshWide: boolean): string {
  if (mode === 'DISABLE') return isMeshWide ? 'KIA0208' : 'KIA0207';
  return isMeshWide ? 'KIA0506' : 'KIA0505';
}

/** Of `*.namespace.svc.cluster.local`; a rule for all of the mesh goes with what is said of all of it. */
function namespaceOf(hostname: string, { settings }: World): string | undefined {
  if (hostname === '*.local') return settings.rootNamespace;
  return /^\*\.([^.]+)\.svc\./.exec(hostname)?.[1];
}

/** The mode that every workload of the service has; undefined when no document says it. */
function serverMode(
  namespace: string,
  selector: Readonly<Record<string, string>> | undefined,
  world: World,
): ServerMode | undefined {
  const inOrder = policiesIn(namespace, world);
  const labels = selector ?? {};
  const own = inOrder.filter(({ object }) => {
    const wanted = object.spec?.selector?.matchLabels;
    return wanted !== undefined && Object.keys(wanted).length > 0 && isSubset(wanted, labels);
  });
  const wide = [...inOrder, ...policiesIn(world.settings.rootNamespace, world)].filter(
    ({ object }) => Object.keys(object.spec?.selector?.matchLabels ?? {}).length === 0,
  );
  for (const policy of [...own, ...wide]) {
    const mode = policy.object.spec?.mtls?.mode;
    if (mode !== undefined && mode !== 'UNSET') return { mode, policy };
  }
  return undefined;
}

const indexes = new WeakMap<World, ReadonlyMap<string, readonly PeerAuthentication[]>>();

function policiesIn(namespace: string, world: World): readonly PeerAuthentication[] {
  const index =
    indexes.get(world) ?? Map.groupBy(world.documents.peerAuthentications, ({ key }) => key.namespace);
  indexes.set(world, index);
  return index.get(namespace) ?? [];
}
