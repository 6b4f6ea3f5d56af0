/** What a change would do to requests that were really made: each is decided by today's configuration and by the candidate. */
import type { ForecastChange, RequestShape } from '@heddle/schema';
import {
  type AuthorizationRequest,
  authorize,
  authorizerOf,
  clientAddress,
  decideRoute,
  foretellAdmission,
  noDemands,
  normalizePath,
  type Origin,
  type Route,
} from '@heddle/traffic';
import { CallerRoutes, type ServingRoutes } from '../compile/caller-routes.ts';
import { WorkloadPolicies } from '../compile/workload-policies.ts';
import type { WorkloadInstance } from '../world/instance.ts';
import type { World } from '../world/world.ts';
import { describeRoute } from './describe-action.ts';

/** Requests that look alike. */
export interface ReplayedShape {
  readonly proxyId: string;
  readonly shape: RequestShape;
  readonly count: number;
  readonly status: number;
  readonly durationMs: number;
}

export interface ReplayResult {
  readonly replayed: number;
  /** Of proxies that are gone. */
  readonly skipped: number;
  /** The time was up before all were replayed. */
  readonly isPartial: boolean;
  /** Most requests first. */
  readonly changed: readonly ForecastChange[];
}

interface Decision {
  readonly words: string;
  readonly decidedBy: string;
}

const maxExamples = 5;
const maxChanges = 100;
/** How many are replayed between two looks at the clock. */
const batch = 512;

/** @param deadline of `performance.now()` */
export function replay(
  shapes: Iterable<ReplayedShape>,
  now: World,
  candidate: World,
  deadline: number,
): ReplayResult {
  const instances = new Map(now.instances.map((one) => [one.id, one]));
  const before = new Decisions(now);
  const after = new Decisions(candidate);
  const changes = new Map<string, ForecastChange & { readonly examples: string[] }>();
  let replayed = 0;
  let skipped = 0;
  let visited = 0;
  let isPartial = false;
  for (const { proxyId, shape, count, status, durationMs } of shapes) {
    if (visited++ % batch === 0 && performance.now() > deadline) {
      isPartial = true;
      break;
    }
    const instance = instances.get(proxyId);
    if (instance === undefined) {
      skipped += count;
      continue;
    }
    replayed += count;
    for (const [was, is] of pairs(before, after, instance, shape)) {
      if (was.words === is.words) continue;
      const key = `${was.words}\n${is.words}\n${is.decidedBy}`;
      const known = changes.get(key);
      const change = known ?? {
        from: was.words,
        to: is.words,
        count: 0,
        examples: [],
        decidedBy: is.decidedBy,
      };
      if (change.examples.length < maxExamples) {
        change.examples.push(exampleOf(instance, shape, status, durationMs));
      }
      changes.set(key, { ...change, count: change.count + count });
    }
  }
  const changed = [...changes.values()].toSorted((a, b) => b.count - a.count).slice(0, maxChanges);
  return { replayed, skipped, isPartial, changed };
}

/** A gateway both lets in and routes; a sidecar does the one for its application and the other for its callers. */
function pairs(
  before: Decisions,
  after: Decisions,
  instance: WorkloadInstance,
  shape: RequestShape,
): (readonly [Decision, Decision])[] {
  const found: (readonly [Decision, Decision])[] = [];
  if (shape.direction !== 'outbound') {
    found.push([before.authorization(instance, shape), after.authorization(instance, shape)]);
  }
  if (shape.direction !== 'inbound') {
    // Cookies are not kept: who got in where a login is asked for today had one.
    const isLoggedIn = before.asksForLogin(instance, shape);
    found.push([before.route(instance, shape, isLoggedIn), after.route(instance, shape, isLoggedIn)]);
  }
  return found;
}

/** What one configuration decides; compiled once for each kind of proxy. */
class Decisions {
  readonly #routes: CallerRoutes;
  readonly #policies: WorkloadPolicies;
  readonly #knowsLogins: boolean;
  readonly #pathNormalization: World['settings']['pathNormalization'];

  constructor(world: World) {
    this.#pathNormalization = world.settings.pathNormalization;
    this.#routes = new CallerRoutes(world);
    this.#policies = new WorkloadPolicies(world);
    this.#knowsLogins = world.documents.securityPolicies.some(({ object }) => object.spec.oidc !== undefined);
  }

  route(instance: WorkloadInstance, shape: RequestShape, isLoggedIn: boolean): Decision {
    const { serving, path, decision } = this.#decide(instance, shape);
    switch (decision.kind) {
      case 'route':
        return this.#admitted(instance, { ...shape, path }, decision.route, serving, isLoggedIn);
      case 'no-route':
        return { words: 'answer 404: no rule matches', decidedBy: originWords(decision.virtualHost.from) };
      case 'no-host':
        return this.#unknownHost(instance);
    }
  }

  asksForLogin(instance: WorkloadInstance, shape: RequestShape): boolean {
    if (!this.#knowsLogins) return false;
    const { decision } = this.#decide(instance, shape);
    return decision.kind === 'route' && decision.route.provider !== undefined;
  }

  #decide(instance: WorkloadInstance, shape: RequestShape) {
    const { port, scheme, authority: host, claims } = shape;
    const serving = this.#routes.serving(instance, { port, scheme, host });
    const path = normalizePath(shape.path, serving?.pathNormalization ?? this.#pathNormalization);
    const decision =
      serving === undefined
        ? ({ kind: 'no-host' } as const)
        : decideRoute(serving.table, {
            authority: shape.authority,
            method: shape.method,
            path,
            scheme,
            header: (name) => headerOf(shape, name),
            ...(claims === undefined ? {} : { claims }),
          });
    return { serving, path, decision };
  }

  /** Who a route does not take learns nothing of where it goes. */
  #admitted(
    instance: WorkloadInstance,
    shape: RequestShape,
    route: Route,
    serving: ServingRoutes | undefined,
    isLoggedIn: boolean,
  ): Decision {
    const seen = asSeenByProxy(instance, shape, shape.claims);
    const { address, isRefused } = clientAddress(serving?.clientAddress, {
      peer: shape.sourceIp,
      header: seen.header,
    });
    if (isRefused)
      return { words: 'answer 403: no address of the client', decidedBy: originWords(route.from) };
    const demands = serving?.demands(route) ?? noDemands;
    const admission = foretellAdmission(route, demands, { ...seen, remoteIp: address, isLoggedIn });
    return admission.kind !== 'admitted'
      ? { words: `answer ${admission.status}: ${admission.why}`, decidedBy: originWords(admission.from) }
      : { words: describeRoute(route), decidedBy: originWords(route.from) };
  }

  #unknownHost(instance: WorkloadInstance): Decision {
    if (instance.kind === 'gateway') return { words: 'answer 404: no such host', decidedBy: 'no document' };
    return this.#routes.outboundTrafficPolicy(instance) === 'ALLOW_ANY'
      ? { words: 'pass through', decidedBy: 'mesh outboundTrafficPolicy' }
      : { words: 'answer 502: not in the mesh', decidedBy: 'mesh outboundTrafficPolicy' };
  }

  authorization(instance: WorkloadInstance, shape: RequestShape): Decision {
    const { authorization, claimsOf } = this.#policies.of(instance, 'http');
    const seen = asSeenByProxy(
      instance,
      { ...shape, path: normalizePath(shape.path, this.#pathNormalization) },
      claimsOf(shape.claims),
    );
    // What an external authorizer would answer nobody knows; whether it is asked is the change to tell.
    const authorizer = authorizerOf(authorization, seen);
    const { decision, rule, why } = authorize(
      authorization,
      authorizer === undefined ? seen : { ...seen, provider: () => 'allow' },
    );
    const allowed = authorizer === undefined ? 'allowed in' : `allowed in if ${authorizer.name} allows it`;
    return {
      words: decision === 'allow' ? allowed : 'denied (403)',
      decidedBy: rule === undefined ? why : originWords(rule.from),
    };
  }
}

function asSeenByProxy(
  instance: WorkloadInstance,
  shape: RequestShape,
  claims: AuthorizationRequest['claims'],
): AuthorizationRequest {
  const header = (name: string) => headerOf(shape, name);
  return {
    peer: shape.peer === '' ? undefined : shape.peer,
    destinationPort: instance.appPort || shape.port,
    destinationIp: instance.address,
    sourceIp: shape.sourceIp,
    remoteIp: clientAddress({ kind: 'forwarded-for', hops: 1 }, { peer: shape.sourceIp, header }).address,
    sni: undefined,
    metadata: undefined,
    provider: () => undefined,
    method: shape.method,
    authority: shape.authority,
    path: shape.path,
    scheme: shape.scheme,
    header,
    headerValues: (name) => [header(name) ?? []].flat(),
    claims,
  };
}

function headerOf({ headers }: RequestShape, name: string): string | undefined {
  return Object.hasOwn(headers, name) ? headers[name] : undefined;
}

function originWords(from: readonly Origin[]): string {
  const [first] = from;
  if (first === undefined) return 'no document';
  const { kind, namespace, name, path } = first;
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}${path === '' ? '' : ` ${path}`}`;
}

function exampleOf(
  { workload, namespace }: WorkloadInstance,
  { direction, method, scheme, authority, path, peer, headers }: RequestShape,
  status: number,
  durationMs: number,
): string {
  const who =
    direction === 'outbound'
      ? `from ${workload}.${namespace}`
      : `from ${peer === '' ? 'a caller in plaintext' : peer} to ${workload}.${namespace}`;
  const told = Object.entries(headers)
    .filter(([name]) => name !== 'host' && !usual.has(name))
    .slice(0, 4)
    .map(([name, value]) => `${name}: ${value}`);
  const with_ = told.length === 0 ? '' : ` with ${told.join(', ')}`;
  return `${method} ${scheme}://${authority}${path} ${who}${with_}; was ${status} in ${Math.round(durationMs)} ms`;
}

/** Headers that nearly every request has: they tell a reader nothing. */
const usual = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'connection',
  'user-agent',
  'x-forwarded-for',
  'x-forwarded-proto',
]);
