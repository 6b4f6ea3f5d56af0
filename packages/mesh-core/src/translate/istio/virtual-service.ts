import type { HttpMatchRequest } from '@heddle/schema';
import type { Route, RouteMatch } from '@heddle/traffic';
import { isSubset } from '../../world/instance.ts';
import { originOf, type Typed } from '../../world/world.ts';
import { qualifiedGateway, type RoutingService, type SourcedRule } from './delegation.ts';
import { destinationResolver, type KnownServices } from './destination.ts';
import { meshDefaultRetry, translateAction } from './http-action.ts';
import { matchAll, translateMatch } from './http-match.ts';

/** The proxy for which routes are made: what a match may ask of the caller. */
export interface RouteClient {
  /** `mesh` for sidecars, else `namespace/name` of the Gateway. */
  readonly gateway: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What clients speak to it; http unless it says otherwise. */
  readonly scheme?: 'http' | 'https';
}

/** The name of a rule everywhere: configuration, metrics, spans, console. */
export function ruleName(document: Pick<Typed<unknown>, 'key'>, index: number): string {
  return `${document.key.namespace}/${document.key.name} http[${index}]`;
}

/**
 * The rules of a VirtualService as one client sees them on one port, in the order in which they are tried. Alternatives of a
 * match become routes of their own; nothing follows a route that takes everything.
 */
export function translateVirtualService(
  { http }: RoutingService,
  client: RouteClient,
  port: number,
  services: KnownServices,
): Route[] {
  const routes: Route[] = [];
  for (const sourced of http) {
    for (const route of translateRule(sourced, client, port, services)) {
      routes.push(route);
      if (isCatchAll(route.match)) return routes;
    }
    if (!sourced.rule.match?.length) return routes;
  }
  return routes;
}

/** Whether a route of this match leaves nothing for those after it. */
export function isCatchAll({ path, headers, queryParams, claims = [] }: RouteMatch): boolean {
  const isEveryPath =
    (path.kind === 'prefix' && path.value === '/') || (path.kind === 'regex' && path.value === '.*');
  return isEveryPath && headers.length + queryParams.length + claims.length === 0;
}

/** As a gateway tries the joined routes of a host. */
export function catchAllsLast(routes: readonly Route[]): Route[] {
  return [
    ...routes.filter(({ match }) => !isCatchAll(match)),
    ...routes.filter(({ match }) => isCatchAll(match)),
  ];
}

function translateRule(
  { rule, document, index, delegatedBy }: SourcedRule,
  client: RouteClient,
  port: number,
  services: KnownServices,
): Route[] {
  const { namespace } = document.key;
  const origin = (path: string) => originOf(document, `spec.http[${index}]${path === '' ? '' : `.${path}`}`);
  const matches: readonly HttpMatchRequest[] = rule.match?.length ? rule.match : [{}];
  return matches.flatMap((match, m): Route[] => {
    if (!concerns(match, namespace, client, port)) return [];
    // A match that was joined with a root's is not found at one place.
    const place = rule.match?.length && delegatedBy === undefined ? `match[${m}]` : '';
    return [
      {
        name: ruleName(document, index),
        match: rule.match?.length ? translateMatch(match) : matchAll,
        ...translateAction(rule, {
          origin,
          calledPort: port,
          scheme: client.scheme ?? 'http',
          defaultRetry: meshDefaultRetry(services.settings),
          resolve: destinationResolver(services, namespace, port),
        }),
        from: [origin(place), ...(delegatedBy === undefined ? [] : [delegatedBy])],
      },
    ];
  });
}

/** A match that names gateways asks nothing else of the caller (Istio). */
function concerns(match: HttpMatchRequest, namespace: string, client: RouteClient, port: number): boolean {
  if (match.port !== undefined && match.port !== port) return false;
  if (match.gateways?.length) {
    return match.gateways.some((name) => qualifiedGateway(name, namespace) === client.gateway);
  }
  return (
    isSubset(match.sourceLabels ?? {}, client.labels) &&
    (!match.sourceNamespace || match.sourceNamespace === client.namespace)
  );
}
