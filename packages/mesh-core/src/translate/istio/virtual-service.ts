import type { HttpMatchRequest, VirtualServiceDocument } from '@heddle/schema';
import type { Route } from '@heddle/traffic';
import { selects } from '../../world/instance.ts';
import { originOf, type Typed, type World } from '../../world/world.ts';
import { headerMutation, translateAction } from './http-action.ts';
import { matchAll, translateMatch } from './http-match.ts';
import { destinationResolver } from './destination.ts';

/** The proxy for which routes are made: what a match may ask of the caller. */
export interface RouteClient {
  /** `mesh` for sidecars, else `namespace/name` of the Gateway. */
  readonly gateway: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The name of a rule everywhere: configuration, metrics, spans, console. */
export function ruleName(document: Pick<Typed<unknown>, 'key'>, index: number): string {
  return `${document.key.namespace}/${document.key.name} http[${index}]`;
}

/**
 * The rules of a VirtualService as one client sees them on one port, in the order in which they are tried. Alternatives of a
 * match become routes of their own.
 */
export function translateVirtualService(
  document: Typed<VirtualServiceDocument>,
  client: RouteClient,
  port: number,
  world: World,
): Route[] {
  const routes: Route[] = [];
  (document.object.spec.http ?? []).forEach((rule, i) => {
    if (rule.delegate !== undefined) return; // reported as not yet enforced
    const origin = (path: string) => originOf(document, `spec.http[${i}]${path === '' ? '' : `.${path}`}`);
    const matches: readonly HttpMatchRequest[] = rule.match?.length ? rule.match : [{}];
    matches.forEach((match, m) => {
      if (!concerns(match, document, client, port)) return;
      routes.push({
        name: ruleName(document, i),
        match: rule.match?.length ? translateMatch(match) : matchAll,
        action: translateAction(rule, {
          origin,
          resolve: destinationResolver(world, document.key.namespace, port),
        }),
        requestHeaders: headerMutation(rule.headers?.request),
        responseHeaders: headerMutation(rule.headers?.response),
        from: [origin(rule.match?.length ? `match[${m}]` : '')],
      });
    });
  });
  return routes;
}

function concerns(
  match: HttpMatchRequest,
  document: Typed<VirtualServiceDocument>,
  client: RouteClient,
  port: number,
): boolean {
  const gateways = match.gateways ?? document.object.spec.gateways ?? ['mesh'];
  return (
    gateways.some((name) => qualifiedGateway(name, document.key.namespace) === client.gateway) &&
    (match.port === undefined || match.port === port) &&
    (match.sourceNamespace === undefined || match.sourceNamespace === client.namespace) &&
    (match.sourceLabels === undefined || selects(match.sourceLabels, client.labels))
  );
}

/** Whether the service has anything to say to this gateway; a short name is in the document's namespace. */
export function appliesToGateway(document: Typed<VirtualServiceDocument>, gateway: string): boolean {
  return (document.object.spec.gateways ?? ['mesh']).some(
    (name) => qualifiedGateway(name, document.key.namespace) === gateway,
  );
}

function qualifiedGateway(name: string, namespace: string): string {
  return name === 'mesh' || name.includes('/') ? name : `${namespace}/${name}`;
}
