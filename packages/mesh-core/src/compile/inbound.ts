import {
  type Cluster,
  type FilterChain,
  type Listener,
  noHeaderMutation,
  type RouteConfiguration,
} from '@heddle/traffic';
import { chainAuthorization } from '../translate/istio/authorization-policy.ts';
import { chainTokens } from '../translate/istio/request-authentication.ts';
import { noRetry } from '../translate/istio/http-action.ts';
import { matchAll } from '../translate/istio/http-match.ts';
import { inboundTls } from '../translate/istio/peer-authentication.ts';
import { readinessOf } from '../translate/istio/readiness-probe.ts';
import { type ServedPort, servedPorts } from '../translate/istio/sidecar-ingress.ts';
import { tracingShareOf } from '../translate/istio/telemetry.ts';
import { selects, type WorkloadInstance } from '../world/instance.ts';
import { type MeshService, originOf, type World } from '../world/world.ts';
import { pathSettings } from './path-settings.ts';

export interface InboundParts {
  /** None where a Sidecar leaves nothing that could be served. */
  readonly listeners: readonly Listener[];
  readonly routeConfigurations: readonly RouteConfiguration[];
  readonly clusters: readonly Cluster[];
}

/** A sidecar's own side: from its mTLS port to the application beside it. */
export function compileInbound(instance: WorkloadInstance, world: World): InboundParts {
  const services = world.services.filter(
    ({ namespace, selector }) => namespace === instance.namespace && selects(selector, instance.labels),
  );
  const served = servedPorts(instance, world);
  const parts = served.map((port) => inboundPart(port, services, served.length > 1, instance, world));
  return {
    listeners: parts.length === 0 ? [] : [inboundListener(parts, instance, world)],
    routeConfigurations: parts.map(({ routeConfiguration }) => routeConfiguration),
    clusters: parts.map(({ cluster }) => cluster),
  };
}

function inboundListener(parts: readonly InboundPart[], instance: WorkloadInstance, world: World): Listener {
  return {
    name: 'virtualInbound',
    address: instance.address,
    port: instance.inboundPort,
    bind: true,
    direction: 'INBOUND',
    filterChains: parts.map(({ chain }) => chain),
    ...readinessOf(instance, world),
  };
}

interface InboundPart {
  readonly chain: FilterChain;
  readonly routeConfiguration: RouteConfiguration;
  readonly cluster: Cluster;
}

function inboundPart(
  { port, endpoint, connections, from: ofPort }: ServedPort,
  services: readonly MeshService[],
  isOneOfSeveral: boolean,
  instance: WorkloadInstance,
  world: World,
): InboundPart {
  const from = [...ofPort, ...services.map((service) => originOf(service.document, 'spec'))];
  const name = `inbound|${port}||`;
  return {
    chain: {
      name,
      destinationPort: port,
      ...(isOneOfSeveral ? { calledAs: namesOf(port, services) } : {}),
      tls: inboundTls(instance, port, world),
      ...chainTokens(instance, world),
      ...chainAuthorization(instance, world),
      http: {
        routeConfig: name,
        tracingShare: tracingShareOf(instance, 'SERVER', world),
        ...pathSettings(world),
      },
    },
    routeConfiguration: {
      name,
      virtualHosts: [
        {
          name,
          domains: ['*'],
          routes: [
            {
              name: 'inbound',
              match: matchAll,
              action: {
                kind: 'forward',
                clusters: [
                  {
                    cluster: name,
                    weight: 100,
                    requestHeaders: noHeaderMutation,
                    responseHeaders: noHeaderMutation,
                    from,
                  },
                ],
                timeoutMs: 0,
                retry: noRetry,
                mirrors: [],
              },
              requestHeaders: noHeaderMutation,
              responseHeaders: noHeaderMutation,
              from,
            },
          ],
          from,
        },
      ],
    },
    cluster: {
      name,
      discovery: 'STATIC',
      endpoints:
        endpoint === undefined ? [] : [{ ...endpoint, weight: 1, health: 'HEALTHY', tlsMode: 'disabled' }],
      lb: 'ROUND_ROBIN',
      ...connections,
      from,
    },
  };
}

/** The services' own ports that lead to a port of the workload. */
function namesOf(target: number, services: readonly MeshService[]): NonNullable<FilterChain['calledAs']> {
  return services.flatMap(({ hostname, ports }) =>
    ports
      .filter(({ port, targetPort }) => (targetPort ?? port) === target)
      .map(({ port }) => ({ host: hostname, port })),
  );
}
