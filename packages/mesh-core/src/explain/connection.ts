/** Where a TCP or TLS connection goes: decided by addresses and the name that TLS asks for, before its first byte. */
import type { RouteExplainRequest } from '@heddle/schema';
import { hostOf, matchTcpChain, type TcpFilterChain } from '@heddle/traffic';
import { gatewayTcpChains } from '../compile/gateway.ts';
import { l4Services } from '../compile/l4.ts';
import { writtenForms } from '../compile/hosts-of-port.ts';
import { clientView } from '../translate/istio/client-view.ts';
import type { WorkloadInstance } from '../world/instance.ts';
import type { MeshService, World } from '../world/world.ts';

export type ConnectionDecision =
  | { readonly kind: 'chain'; readonly chain: TcpFilterChain }
  /** A gateway that has nothing for it. */
  | { readonly kind: 'no-chain' }
  /** Nothing in the mesh is called by this name, or it takes something else there: the connection is not the mesh's affair (Istio). */
  | { readonly kind: 'unknown' };

export function decideConnection(
  { host, port, protocol, sni }: RouteExplainRequest,
  caller: WorkloadInstance,
  world: World,
): ConnectionDecision {
  const called = hostOf(host)
    .toLowerCase()
    .replaceAll(/^\[|\]$/g, '');
  const isTls = protocol === 'tls';
  const serverName = isTls ? (sni ?? called) : undefined;
  if (caller.kind === 'gateway') {
    const chain = matchTcpChain(gatewayTcpChains(caller, world).get(port) ?? [], {
      address: undefined,
      serverName,
      isTls,
    });
    return chain === undefined ? { kind: 'no-chain' } : { kind: 'chain', chain };
  }
  const client = { gateway: 'mesh', namespace: caller.namespace, labels: caller.labels };
  const isCalledBy = (name: string, hostname: string) =>
    writtenForms(hostname, caller.namespace).includes(name);
  // Another name for a host has the host's address.
  const meant =
    clientView(client, world).services.find(
      ({ aliasOf, hostname }) => aliasOf !== undefined && isCalledBy(called, hostname),
    )?.aliasOf ?? called;
  const isCalled = ({ hostname, addresses, isHeadless }: MeshService) =>
    addresses.includes(meant) ||
    isCalledBy(meant, hostname) ||
    (isHeadless === true && isCalledBy(meant.slice(meant.indexOf('.') + 1), hostname));
  const services = l4Services(port, client, world);
  const one = services.find(({ service }) => isCalled(service));
  if (one !== undefined) {
    const chain = matchTcpChain(one.chains, { address: one.service.addresses[0], serverName, isTls });
    return chain === undefined ? { kind: 'unknown' } : { kind: 'chain', chain };
  }
  const chain = matchTcpChain(
    services.flatMap(({ chains }) =>
      chains.filter(({ prefixRanges, serverNames }) => prefixRanges.length + serverNames.length > 0),
    ),
    { address: called, serverName, isTls },
  );
  return chain === undefined ? { kind: 'unknown' } : { kind: 'chain', chain };
}
