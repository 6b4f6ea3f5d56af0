/** Services and edges as pages read them: the graph, the breakdowns and the configuration, joined. */
import { instancesView, type MeshService, routingOf, topologyOf } from '@heddle/mesh-core';
import type {
  CertificateSummary,
  EdgeDetail,
  GraphEdge,
  GraphLevel,
  GraphNode,
  ServiceDetail,
  ServiceSummary,
  Signals,
} from '@heddle/schema';
import { Breakdown, buildGraph, outsideId, percent, type Topology } from '@heddle/telemetry';
import type { Mesh } from './mesh.ts';

/** Points of the small charts: one a second. */
const seriesMs = 120_000;

export function serviceSummaries(mesh: Mesh, windowMs: number): ServiceSummary[] {
  const { nodes } = graphOf(mesh, 'service', windowMs, mesh.now());
  return mesh.controlPlane.world.services.map((service) =>
    summaryOf(
      service,
      nodes.find(({ id }) => id === nodeId(service)),
    ),
  );
}

export function serviceDetail(mesh: Mesh, service: MeshService, windowMs: number): ServiceDetail {
  const nowMs = mesh.now();
  const { edges } = graphOf(mesh, 'service', windowMs, nowMs);
  const id = nodeId(service);
  const routing = routingOf(mesh.controlPlane.world, service, mesh.controlPlane.store);
  const topology = topologyFor(mesh, service, routing);
  const { nodes } = buildGraph(mesh.ring, topology, { level: 'service', windowMs, nowMs });
  const node = nodes.find((one) => one.id === id);
  const summary = summaryOf(service, node);
  const targets = new Set([id, ...(topology.parts?.keys() ?? [])]);
  const breakdown = (version?: string) =>
    new Breakdown(
      mesh.ring,
      topology,
      { level: 'service', target: id, ...(version === undefined ? {} : { version }) },
      nowMs,
    );
  const routes = breakdown().routes(windowMs);
  return {
    ...summary,
    sentence: serviceSentence(summary, node),
    versionDetails: summary.versions.map((one) => ({
      ...one,
      series: breakdown(one.version).series(seriesMs),
    })),
    routing,
    instances: instancesView(mesh.controlPlane.world, service),
    routes,
    callers: edges.filter(({ target }) => targets.has(target)),
    callees: edges.filter(({ source }) => source === id),
    windowMs,
  };
}

/**
 * The topology as the page of one service sees it: other Services that its rules send to are its versions, by their names.
 */
export function topologyFor(
  mesh: Mesh,
  service: MeshService,
  routing = routingOf(mesh.controlPlane.world, service, mesh.controlPlane.store),
): Topology {
  const topology = topologyOf(mesh.controlPlane.world);
  const own = { namespace: service.namespace, service: service.name };
  const destinations = routing.rules.flatMap(({ parts }) => parts);
  const backends = destinations.flatMap(({ service: other, version }) =>
    other === null || version === null ? [] : [{ ...other, version }],
  );
  const servesItself = destinations.some((one) => one.service === null);
  if (backends.length === 0) return topology;
  return {
    services: topology.services,
    workloads: topology.workloads.map((one) => {
      const backend = backends.find(
        ({ namespace, name }) => namespace === one.namespace && one.services.includes(name),
      );
      if (backend !== undefined) return { ...one, ...own, version: backend.version };
      const isIdle = !servesItself && one.service === own.service && one.namespace === own.namespace;
      return isIdle ? { ...one, service: '' } : one;
    }),
    parts: new Map(backends.map((backend) => [nodeId(backend), { ...own, version: backend.version }])),
  };
}

export function serviceRoutes(mesh: Mesh, service: MeshService, windowMs: number) {
  const selection = { level: 'service', target: nodeId(service) } as const;
  return new Breakdown(mesh.ring, topologyFor(mesh, service), selection, mesh.now()).routes(windowMs);
}

export function nodeId({ name, namespace }: Pick<MeshService, 'name' | 'namespace'>): string {
  return `${name}.${namespace}`;
}

function graphOf(mesh: Mesh, level: GraphLevel, windowMs: number, nowMs: number) {
  return buildGraph(mesh.ring, topologyOf(mesh.controlPlane.world), { level, windowMs, nowMs });
}

const noSignals: Signals = { rps: 0, errorRatio: 0, n: 0, errors: 0, p50Ms: null, p95Ms: null, p99Ms: null };

function summaryOf(service: MeshService, node: GraphNode | undefined): ServiceSummary {
  return {
    namespace: service.namespace,
    name: service.name,
    hostname: service.hostname,
    kind: node?.kind === 'gateway' ? 'gateway' : 'service',
    ports: service.ports.map(({ port, name, appProtocol }) => ({
      number: port,
      name: name ?? '',
      protocol: appProtocol ?? name?.split('-')[0] ?? 'tcp',
    })),
    state: node?.state ?? 'unknown',
    inbound: node?.inbound ?? noSignals,
    versions: node?.versions ?? [],
    instancesReady: node?.instancesReady ?? 0,
    instancesTotal: node?.instancesTotal ?? 0,
  };
}

function serviceSentence(summary: ServiceSummary, node: GraphNode | undefined): string {
  const { name, versions, inbound, state } = summary;
  const worst = versions
    .filter((one) => one.state === 'failing' && one.workload !== '')
    .toSorted((a, b) => b.errors - a.errors)[0];
  if (worst !== undefined && worst.instancesTotal > 0 && worst.instancesReady === 0) {
    return `${name} ${worst.version} has no ready instance`;
  }
  if (worst !== undefined && versions.length > 1) {
    return `${name} ${worst.version} fails ${percent(worst.errorRatio)} of its requests`;
  }
  if (state === 'failing' || state === 'degraded')
    return `${name} is ${state}: ${node?.reason ?? 'see its callers'}`;
  if (inbound.n === 0) return `${name} has had no requests in this window`;
  const spread = versions.filter(({ n }) => n > 0).length;
  return spread > 1 ? `${name} is steady on ${spread} versions` : `${name} is steady`;
}

/**
 * An edge by the ids of its ends, on whichever level they name.
 * @returns undefined when there is no such edge in the window
 */
export function edgeDetail(
  mesh: Mesh,
  source: string,
  target: string,
  windowMs: number,
): EdgeDetail | undefined {
  const nowMs = mesh.now();
  for (const level of ['service', 'version', 'workload'] as const) {
    const { edges, nodes } = graphOf(mesh, level, windowMs, nowMs);
    const edge = edges.find((one) => one.source === source && one.target === target);
    if (edge === undefined) continue;
    const targetNode = nodes.find(({ id }) => id === target);
    const sourceNode = nodes.find(({ id }) => id === source);
    return detailOf(mesh, edge, level, windowMs, nowMs, sourceNode, targetNode);
  }
  return undefined;
}

function detailOf(
  mesh: Mesh,
  edge: GraphEdge,
  level: GraphLevel,
  windowMs: number,
  nowMs: number,
  source: GraphNode | undefined,
  target: GraphNode | undefined,
): EdgeDetail {
  const selection = { level, source: edge.source, target: edge.target };
  const breakdown = new Breakdown(mesh.ring, topologyOf(mesh.controlPlane.world), selection, nowMs);
  const failures = breakdown.failures(windowMs);
  const since = breakdown.failingSince();
  return {
    edge,
    sentence: edgeSentence(edge, target, failures[0]?.words, since),
    failingSince: since === null ? null : new Date(since).toISOString(),
    sourceCertificate: certificateFor(mesh, edge.sourceId),
    targetCertificate: certificateFor(mesh, edge.targetId),
    tlsVersion: null,
    routes: breakdown.routes(windowMs),
    failures,
    traces: mesh.traces.search(traceQuery(edge, source, target), 5),
    series: breakdown.series(seriesMs),
    policies: policiesFor(mesh, target),
  };
}

/** A caller outside the mesh has no spans: its traces are those of what it calls. */
function traceQuery(edge: GraphEdge, source: GraphNode | undefined, target: GraphNode | undefined) {
  const name = (node: GraphNode | undefined) => node?.service ?? node?.name ?? '';
  return edge.source === outsideId
    ? { service: name(target) }
    : { edge: { source: name(source), target: name(target) } };
}

function edgeSentence(
  edge: GraphEdge,
  target: GraphNode | undefined,
  why: string | undefined,
  since: number | null,
): string {
  if (edge.n === 0) return 'No requests in this window.';
  const onset = since === null ? '' : ` since ${new Date(since).toISOString().slice(11, 19)} UTC`;
  if (edge.state === 'failing')
    return `Failing${onset}: ${percent(edge.errorRatio)} of requests fail${reason(why)}.`;
  if (edge.state === 'degraded')
    return `Degraded: ${percent(edge.errorRatio)} of requests fail${reason(why)}.`;
  if (target?.state === 'failing')
    return `Requests succeed, but ${target.name} is failing: ${target.reason ?? ''}.`;
  return `Steady: ${edge.errors === 0 ? 'no request failed' : `${edge.errors} of ${edge.n} requests failed`}.`;
}

function reason(why: string | undefined): string {
  return why === undefined ? '' : `; ${why}`;
}

/** The certificate of an identity that ends last. */
function certificateFor(mesh: Mesh, spiffeId: string | null): CertificateSummary | null {
  if (spiffeId === null) return null;
  const issued = mesh.ads
    .status()
    .map(({ id }) => mesh.certificateOf(id))
    .filter((one) => one?.spiffeId === spiffeId)
    .toSorted((a, b) => (b?.notAfterMs ?? 0) - (a?.notAfterMs ?? 0))[0];
  if (issued === undefined) return null;
  return { spiffeId, serial: issued.serial, notAfter: new Date(issued.notAfterMs).toISOString() };
}

function policiesFor(mesh: Mesh, target: GraphNode | undefined): EdgeDetail['policies'] {
  const { world, store } = mesh.controlPlane;
  const service = world.services.find(
    ({ name, namespace }) => name === target?.service && namespace === target.namespace,
  );
  if (service === undefined) return [];
  const policies: EdgeDetail['policies'] = [];
  const routing = routingOf(world, service, store);
  if (routing.owner !== null) {
    const { group, kind, namespace, name, revision } = routing.owner;
    const last = routing.rules.at(-1);
    const split =
      last?.parts.map(({ subset, host, weight }) => `${subset ?? host} ${weight} %`).join(', ') ?? '';
    const summary = [split, ...(last?.extras ?? [])].filter((part) => part !== '').join(', ');
    policies.push({ group, kind, namespace, name, revision, summary });
  }
  for (const { key, revision, object } of world.rulesFor(service.hostname)) {
    const subsets = (object.spec.subsets ?? []).map(({ name }) => name).join(', ');
    policies.push({ ...key, revision, summary: subsets === '' ? 'traffic policy' : `subsets ${subsets}` });
  }
  for (const { key, revision, object } of world.documents.peerAuthentications) {
    if (key.namespace !== service.namespace && key.namespace !== world.settings.rootNamespace) continue;
    policies.push({ ...key, revision, summary: `mTLS ${object.spec?.mtls?.mode ?? 'UNSET'}` });
  }
  return policies;
}
