import { type AuthorizationRequest, authorizeRest, clientAddress } from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import type { LocalReply } from '../local-reply.ts';
import type { Filter } from './filter.ts';

/**
 * Refuses with 403 what the policies of the workload deny. It stands before routing: who may not call learns nothing of routes.
 * What CUSTOM has said is known by now.
 */
export const authorizeRequest: Filter = {
  name: 'authorize-request',
  onRequest(exchange, { runtime }) {
    const authorization = exchange.chain?.authorization;
    if (authorization === undefined) return undefined;
    const { decision, audited, shadow, why } = authorizeRest(
      authorization,
      authorizationRequestOf(exchange),
      exchange.custom,
    );
    const facts = { peer: exchange.downstream.peer?.spiffeId ?? '', path: exchange.path, why };
    if (audited) runtime.log('info', 'request audited by policy', facts);
    if (shadow !== undefined && shadow.decision !== decision) {
      const policy =
        shadow.rule === undefined ? '' : `${shadow.rule.policy.namespace}/${shadow.rule.policy.name}`;
      runtime.log('info', 'dry-run policies decide otherwise', { ...facts, shadow: shadow.decision, policy });
    }
    return decision === 'allow' ? undefined : accessDenied(403);
  },
};

export function accessDenied(status: number): LocalReply {
  return { status, flag: undefined, body: 'RBAC: access denied' };
}

export function authorizationRequestOf(exchange: Exchange): AuthorizationRequest {
  const { chain, direction, downstream, requestHeaders } = exchange;
  const sourceIp = downstream.remoteAddress;
  const header = (name: string) => requestHeaders.get(name);
  return {
    peer: downstream.peer?.spiffeId,
    destinationPort: chain?.chain.destinationPort ?? chain?.listener.port ?? exchange.port,
    destinationIp: chain?.listener.address,
    sourceIp,
    // Behind a gateway of the mesh the client is the last one that it added; a gateway trusts whom it is told to.
    remoteIp:
      direction === 'GATEWAY'
        ? exchange.clientAddress
        : clientAddress({ kind: 'forwarded-for', hops: 1 }, { peer: sourceIp, header }).address,
    sni: downstream.serverName === '' ? undefined : downstream.serverName,
    method: exchange.method,
    authority: exchange.authority,
    path: exchange.path,
    scheme: exchange.scheme,
    header,
    headerValues: (name) => requestHeaders.values(name),
    claims: exchange.claims,
    provider: () => undefined,
  };
}
