import type { CellKey } from '@heddle/telemetry';
import type { Exchange } from '../exchange.ts';
import { passthroughCluster } from '../snapshot/compiled-snapshot.ts';
import type { Workload } from './workload.ts';

/**
 * What one finished exchange counts as. A sidecar tells its own side; a gateway also tells the plaintext hop towards it,
 * because nobody else sees that one.
 */
export function cellsOf(exchange: Exchange, self: Workload, ownId: string, path: string): CellKey[] {
  switch (exchange.direction) {
    case 'INBOUND':
      return [destinationCell(exchange, self, ownId, path)];
    case 'OUTBOUND':
      return [sourceCell(exchange, self, ownId, path)];
    case 'GATEWAY':
      return [sourceCell(exchange, self, ownId, path), destinationCell(exchange, self, '', path)];
  }
}

function sourceCell(exchange: Exchange, self: Workload, ownId: string, path: string): CellKey {
  const { endpoint, upstreamId } = exchange;
  const service = serviceOf(exchange);
  return {
    reporter: 'source',
    sourceNamespace: self.namespace,
    sourceWorkload: self.name,
    sourceVersion: self.version,
    sourceId: upstreamId === undefined ? '' : ownId,
    destinationNamespace: endpoint?.workload?.namespace ?? service.namespace,
    destinationService: service.name,
    destinationWorkload: endpoint?.workload?.name ?? '',
    // A subset is named after the version it selects: it tells which one was meant where no endpoint was reached.
    destinationVersion: endpoint?.workload?.version ?? exchange.cluster?.cluster.service?.subset ?? '',
    destinationId: upstreamId ?? '',
    ...common(exchange, path),
    mtls: upstreamId !== undefined,
  };
}

function destinationCell(exchange: Exchange, self: Workload, ownId: string, path: string): CellKey {
  const { peer } = exchange.downstream;
  return {
    reporter: 'destination',
    sourceNamespace: peer?.namespace ?? '',
    // A certificate proves a service account and not a workload; it is the closest name there is.
    sourceWorkload: peer?.serviceAccount ?? '',
    sourceVersion: '',
    sourceId: peer?.spiffeId ?? '',
    destinationNamespace: self.namespace,
    destinationService: calledService(exchange) ?? '',
    destinationWorkload: self.name,
    destinationVersion: self.version,
    destinationId: peer === undefined ? '' : ownId,
    ...common(exchange, path),
    mtls: peer !== undefined,
  };
}

function common(exchange: Exchange, path: string) {
  return {
    route: exchange.route?.name ?? '',
    method: exchange.method,
    path,
    protocol: isGrpc(exchange) ? 'grpc' : 'http',
    status: exchange.status,
    flags: [...exchange.flags].join(','),
  } as const;
}

export function isGrpc(exchange: Exchange): boolean {
  return exchange.requestHeaders.get('content-type')?.startsWith('application/grpc') ?? false;
}

/** The service that was meant, also where no endpoint was reached; empty names where nobody knows. */
export function serviceOf(exchange: Exchange): { readonly name: string; readonly namespace: string } {
  const service = exchange.cluster?.cluster.service;
  if (service !== undefined) return service;
  const name = exchange.weighted?.cluster ?? '';
  if (name === passthroughCluster) return { name, namespace: '' };
  // A cluster that could not be resolved still has the host in its name: `outbound|9080|v9|reviews.default.svc.cluster.local`.
  const [direction, , , hostname = ''] = name.split('|');
  const isNamed = direction === 'outbound' || direction === 'refused';
  const [host = '', namespace = ''] = isNamed ? hostname.split('.') : [];
  return { name: host, namespace };
}

/**
 * What a mesh peer says in SNI that it calls, `outbound_.9080_.v1_.reviews.default.svc.cluster.local`: short name.
 * undefined in plaintext: which service a workload stands for, the control plane knows better than a Host header.
 */
function calledService({ downstream }: Exchange): string | undefined {
  return /^outbound_\.\d+_\.[^_]*_\.([^.]+)\./.exec(downstream.serverName)?.[1];
}
