import { type Cluster, type Listener, noHeaderMutation, type RouteConfiguration } from '@heddle/traffic';
import { chainAuthorization } from '../translate/istio/authorization-policy.ts';
import { pathSettings } from './path-settings.ts';
import { chainTokens } from '../translate/istio/request-authentication.ts';
import { noRetry } from '../translate/istio/http-action.ts';
import { matchAll } from '../translate/istio/http-match.ts';
import { inboundTls } from '../translate/istio/peer-authentication.ts';
import { tracingShareOf } from '../translate/istio/telemetry.ts';
import { selects, type WorkloadInstance } from '../world/instance.ts';
import { originOf, type World } from '../world/world.ts';

export interface InboundParts {
  readonly listener: Listener;
  readonly routeConfiguration: RouteConfiguration;
  readonly cluster: Cluster;
}

/** A sidecar's own side: from its mTLS port to the application beside it. */
export function compileInbound(instance: WorkloadInstance, world: World): InboundParts {
  const services = world.services.filter(
    ({ namespace, selector }) => namespace === instance.namespace && selects(selector, instance.labels),
  );
  const from = services.map((service) => originOf(service.document, 'spec'));
  const name = `inbound|${instance.appPort}||`;
  return {
    listener: {
      name: 'virtualInbound',
      address: instance.address,
      port: instance.inboundPort,
      bind: true,
      direction: 'INBOUND',
      filterChains: [
        {
          name,
          destinationPort: instance.appPort,
          tls: inboundTls(instance, instance.appPort, world),
          ...chainTokens(instance, world),
          ...chainAuthorization(instance, world),
          http: {
            routeConfig: name,
            tracingShare: tracingShareOf(instance, 'SERVER', world),
            ...pathSettings(world),
          },
        },
      ],
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
      endpoints: [
        { address: '127.0.0.1', port: instance.appPort, weight: 1, health: 'HEALTHY', tlsMode: 'disabled' },
      ],
      lb: 'ROUND_ROBIN',
      connectTimeoutMs: 10_000,
      from,
    },
  };
}
