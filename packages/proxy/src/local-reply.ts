import type { ResponseFlag } from './exchange.ts';

/** An answer that the proxy gives itself. */
export interface LocalReply {
  readonly status: number;
  readonly flag: ResponseFlag | undefined;
  /** Plain text, one sentence; what an external authorizer says goes on as it is. */
  readonly body: string | Buffer;
  readonly headers?: readonly (readonly [string, string])[];
}

export function isLocalReply(value: LocalReply | object): value is LocalReply {
  return 'status' in value && 'flag' in value && 'body' in value;
}

export const replies = {
  noRoute: (authority: string): LocalReply => ({
    status: 404,
    flag: 'NR',
    body: `no route matches this request to ${authority}`,
  }),
  unknownDestination: (authority: string): LocalReply => ({
    status: 502,
    flag: 'NR',
    body: `${authority} is not a service of the mesh, and this proxy lets nothing else out`,
  }),
  ownAddress: (authority: string): LocalReply => ({
    status: 502,
    flag: 'NR',
    body: `${authority} is this proxy itself`,
  }),
  noCluster: (name: string, status = 503): LocalReply => ({
    status,
    flag: 'NC',
    body: `cluster ${name} does not exist`,
  }),
  noHealthyUpstream: (name: string): LocalReply => ({
    status: 503,
    flag: 'UH',
    body: `no healthy endpoint in cluster ${name}`,
  }),
  connectFailure: (why: string): LocalReply => ({
    status: 503,
    flag: 'UF',
    body: `upstream connect error: ${why}`,
  }),
  upstreamReset: (why: string): LocalReply => ({
    status: 503,
    flag: 'UC',
    body: `upstream reset before the response headers: ${why}`,
  }),
  upstreamProtocolError: (why: string): LocalReply => ({
    status: 502,
    flag: 'UPE',
    body: `upstream sent an invalid response: ${why}`,
  }),
  timeout: (timeoutMs: number): LocalReply => ({
    status: 504,
    flag: 'UT',
    body: timeoutMs > 0 ? `no response within ${timeoutMs} ms` : 'no response within the timeout of one try',
  }),
  refused: (status: number, why: string): LocalReply => ({ status, flag: 'DPE', body: why }),
} as const;
