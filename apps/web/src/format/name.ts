/** Names as people say them. Ids are `<service>.<namespace>[:<version>]`, `outside` for callers without an identity. */

export const outsideId = 'outside';

export interface NodeName {
  readonly service: string;
  readonly namespace: string;
  readonly version: string | null;
}

export function parseNodeId(id: string): NodeName {
  const colon = id.indexOf(':');
  const host = colon === -1 ? id : id.slice(0, colon);
  const version = colon === -1 ? null : id.slice(colon + 1);
  const dot = host.lastIndexOf('.');
  return dot === -1
    ? { service: host, namespace: '', version }
    : { service: host.slice(0, dot), namespace: host.slice(dot + 1), version };
}

/** `reviews`, `reviews v2`, `outside`. */
export function shortName(id: string): string {
  const { service, version } = parseNodeId(id);
  return version === null ? service : `${service} ${version}`;
}

/** `reviews-v1.default` of `sidecar~10.0.0.1~reviews-v1.default~default.svc.cluster.local`; an Envoy may have any other id. */
export function proxyName(id: string): string {
  return id.split('~')[2] ?? id;
}

export function splitEdgeId(edgeId: string): { source: string; target: string } | null {
  const arrow = edgeId.indexOf('->');
  return arrow <= 0 ? null : { source: edgeId.slice(0, arrow), target: edgeId.slice(arrow + 2) };
}

/** A route by what a person reads of it: `GET /reviews/{id}`. */
export function routeId({ method, path }: { readonly method: string; readonly path: string }): string {
  return `${method} ${path}`;
}

/** A title of the change log with its arrows drawn: `v1 90 → 80`. */
export function spoken(title: string): string {
  return title.replaceAll('->', '→');
}
