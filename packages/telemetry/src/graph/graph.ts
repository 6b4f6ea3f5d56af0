import type { Graph, GraphEdge, GraphLevel, GraphNode, VersionShare } from '@heddle/schema';
import type { CellCounts, CellKey } from '../live/cell.ts';
import { type Instances, stateOf, trafficState, worst } from '../live/health.ts';
import type { RollupRing } from '../live/ring.ts';
import { rounded, SignalsSum } from '../live/signals.ts';
import { type Window, windowEndingAt } from '../live/window.ts';
import { nodeIdOf, nodeKindOf, nodeNameOf, type Party, sourceOf, targetOf } from './parties.ts';
import { TopologyIndex, type Topology, type TopologyWorkload } from './topology.ts';

export interface GraphQuery {
  readonly level: GraphLevel;
  readonly windowMs: number;
  readonly nowMs: number;
  /** Keeps edges that touch one of these; undefined is all. */
  readonly namespaces?: readonly string[];
}

interface NodeSum {
  readonly id: string;
  readonly party: Party;
  readonly inbound: SignalsSum;
  readonly versions: Map<string, VersionSum>;
}

interface VersionSum {
  readonly version: string;
  readonly workload: string;
  readonly sum: SignalsSum;
}

interface EdgeSum {
  readonly source: NodeSum;
  readonly target: NodeSum;
  readonly sum: SignalsSum;
  readonly versions: Map<string, VersionSum>;
  protocol: CellKey['protocol'];
  sourceId: string;
  targetId: string;
}

/** The service graph of a window: what the proxies decided, added up, beside what the control plane knows. */
export function buildGraph(ring: RollupRing, topology: Topology, query: GraphQuery): Graph {
  const index = new TopologyIndex(topology);
  const window = windowEndingAt(query.nowMs, query.windowMs);
  const { nodes, edges } = sumUp(ring, index, window, query.level);
  addIdleNodes(nodes, index, query.level);
  const wanted = (namespace: string) => query.namespaces?.includes(namespace) ?? true;
  const keptEdges = [...edges.values()].filter(
    ({ source, target }) => wanted(source.party.namespace) || wanted(target.party.namespace),
  );
  const touched = new Set(keptEdges.flatMap(({ source, target }) => [source.id, target.id]));
  return {
    at: new Date(query.nowMs).toISOString(),
    windowMs: query.windowMs,
    level: query.level,
    nodes: [...nodes.values()]
      .filter(({ id, party }) => wanted(party.namespace) || touched.has(id))
      .map((node) => toNode(node, index, window, query.level))
      .toSorted(byId),
    edges: keptEdges.map((edge) => toEdge(edge, index, window, query.level)).toSorted(byId),
  };
}

/** Cells of callers that have a proxy are taken from the caller's side, the others from the side that was called. */
export function drawsEdge(key: CellKey, reportingSources: ReadonlySet<string>): boolean {
  return key.reporter === 'source' || key.sourceId === '' || !reportingSources.has(key.sourceId);
}

/** SPIFFE IDs of all callers whose own proxy reports. */
export function reportingSourcesOf(ring: RollupRing, window: Window): Set<string> {
  const ids = new Set<string>();
  ring.visit(
    window,
    (key) => {
      if (key.reporter === 'source') ids.add(key.sourceId);
      return false;
    },
    () => {},
  );
  return ids;
}

function sumUp(ring: RollupRing, index: TopologyIndex, window: Window, level: GraphLevel) {
  const nodes = new Map<string, NodeSum>();
  const edges = new Map<string, EdgeSum>();
  const sources = reportingSourcesOf(ring, window);
  const edgeOfKey = new Map<CellKey, { edge: EdgeSum; part: VersionSum; nodePart: VersionSum }>();
  const place = (key: CellKey) => {
    const source = nodeFor(nodes, sourceOf(key, index), level);
    const targetParty = targetOf(key, index);
    const target = nodeFor(nodes, targetParty, level);
    const id = `${source.id}->${target.id}`;
    let edge = edges.get(id);
    if (edge === undefined) {
      edge = {
        source,
        target,
        sum: new SignalsSum(),
        versions: new Map(),
        protocol: key.protocol,
        sourceId: '',
        targetId: '',
      };
      edges.set(id, edge);
    }
    const placed = {
      edge,
      part: versionFor(edge.versions, targetParty),
      nodePart: versionFor(target.versions, targetParty),
    };
    edgeOfKey.set(key, placed);
    return placed;
  };
  const each = (key: CellKey, counts: CellCounts) => {
    const { edge, part, nodePart } = edgeOfKey.get(key) ?? place(key);
    for (const sum of [edge.sum, part.sum, nodePart.sum, edge.target.inbound]) sum.add(key, counts);
    if (key.mtls) {
      edge.sourceId = key.sourceId || edge.sourceId;
      edge.targetId = key.destinationId || edge.targetId;
    }
  };
  ring.visit(window, (key) => drawsEdge(key, sources), each);
  return { nodes, edges };
}

function nodeFor(nodes: Map<string, NodeSum>, party: Party, level: GraphLevel): NodeSum {
  const id = nodeIdOf(party, level);
  let node = nodes.get(id);
  if (node === undefined) {
    node = { id, party, inbound: new SignalsSum(), versions: new Map() };
    nodes.set(id, node);
  }
  return node;
}

function versionFor(versions: Map<string, VersionSum>, party: Party): VersionSum {
  let part = versions.get(party.version);
  if (part === undefined) {
    part = { version: party.version, workload: party.workload, sum: new SignalsSum() };
    versions.set(party.version, part);
  }
  return part;
}

/** Services and workloads that nobody calls are part of the picture too. */
function addIdleNodes(nodes: Map<string, NodeSum>, index: TopologyIndex, level: GraphLevel): void {
  for (const workload of index.topology.workloads) {
    const node = nodeFor(nodes, partyOf(workload), level);
    if (level === 'service') versionFor(node.versions, partyOf(workload));
  }
  if (level !== 'service') return;
  for (const { namespace, name, kind } of index.topology.services) {
    nodeFor(nodes, { namespace, service: name, workload: '', version: '', kind }, level);
  }
}

function partyOf(workload: TopologyWorkload): Party {
  return { ...workload, workload: workload.name };
}

function toNode(node: NodeSum, index: TopologyIndex, window: Window, level: GraphLevel): GraphNode {
  const { party } = node;
  const inbound = node.inbound.toSignals(window.seconds);
  const instances = instancesOf(party, index, level);
  const versions =
    level === 'service' && party.kind !== 'outside'
      ? toShares(node.versions, node.inbound.n, party, index, window)
      : undefined;
  const own = stateOf(inbound, instances);
  // Requests that reached no instance have a part of their own; they count in the whole, they are no version that fails.
  const broken = versions?.find(({ state, workload }) => state === 'failing' && workload !== '');
  const state = broken === undefined ? own.state : worst([own.state, 'failing']);
  const reason =
    broken !== undefined && own.state !== 'failing' ? `${broken.version} is failing` : own.reason;
  return {
    id: node.id,
    kind: nodeKindOf(party, level),
    name: nodeNameOf(party, level),
    namespace: party.namespace,
    ...(party.service === '' ? {} : { service: party.service }),
    ...(level === 'service' || party.version === '' ? {} : { version: party.version }),
    ...(level === 'service' || party.workload === '' ? {} : { workload: party.workload }),
    state: party.kind === 'outside' ? 'ok' : state,
    ...(reason === undefined ? {} : { reason }),
    inbound,
    instancesReady: instances?.ready ?? 0,
    instancesTotal: instances?.total ?? 0,
    ...(versions === undefined ? {} : { versions }),
  };
}

function instancesOf(party: Party, index: TopologyIndex, level: GraphLevel): Instances | undefined {
  if (party.kind === 'outside') return undefined;
  const workloads =
    party.service === ''
      ? [index.workload(party.namespace, party.workload)].filter((one) => one !== undefined)
      : index
          .workloadsOf(party.namespace, party.service)
          .filter(
            (one) =>
              level === 'service' ||
              (level === 'workload' ? one.name === party.workload : one.version === party.version),
          );
  if (workloads.length === 0) return undefined;
  return {
    ready: workloads.reduce((sum, { ready }) => sum + ready, 0),
    total: workloads.reduce((sum, { total }) => sum + total, 0),
  };
}

/** Versions side by side, by name; shares are of all requests, so they sum to 1 when there are any. */
export function toShares(
  versions: ReadonlyMap<string, VersionSum>,
  total: number,
  party: Pick<Party, 'namespace' | 'service'>,
  index: TopologyIndex,
  window: Window,
): VersionShare[] {
  const shares = [...versions.values()].map(({ version, workload, sum }) => {
    const instances = index
      .workloadsOf(party.namespace, party.service)
      .filter((one) => one.version === version);
    const ready = instances.reduce((n, one) => n + one.ready, 0);
    const all = instances.reduce((n, one) => n + one.total, 0);
    const signals = sum.toSignals(window.seconds);
    return {
      version,
      workload: workload || (instances[0]?.name ?? ''),
      share: total === 0 ? 0 : rounded(sum.n / total),
      ...signals,
      state: stateOf(signals, all === 0 ? undefined : { ready, total: all }).state,
      instancesReady: ready,
      instancesTotal: all,
    };
  });
  return shares.toSorted((a, b) => (a.version < b.version ? -1 : 1));
}

function toEdge(edge: EdgeSum, index: TopologyIndex, window: Window, level: GraphLevel): GraphEdge {
  const signals = edge.sum.toSignals(window.seconds);
  return {
    id: `${edge.source.id}->${edge.target.id}`,
    source: edge.source.id,
    target: edge.target.id,
    protocol: edge.protocol,
    ...signals,
    mtlsRatio: rounded(edge.sum.mtlsRatio),
    sourceId: edge.sourceId || null,
    targetId: edge.targetId || null,
    state: trafficState(signals),
    lastRequestMs: edge.sum.lastEndedAtMs,
    ...(level === 'service'
      ? { versions: toShares(edge.versions, edge.sum.n, edge.target.party, index, window) }
      : {}),
  };
}

function byId(a: { id: string }, b: { id: string }): number {
  return a.id < b.id ? -1 : 1;
}
