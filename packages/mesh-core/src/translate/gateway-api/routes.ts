/** The rules of an HTTPRoute or GRPCRoute as routes, in the order in which they are written. */
import type {
  GrpcRouteDocument,
  GrpcRouteRule,
  HttpRouteDocument,
  HttpRouteFilter,
  HttpRouteRule,
} from '@heddle/schema';
import type { Route, RouteMatch } from '@heddle/traffic';
import { originOf, type Typed, type World } from '../../world/world.ts';
import { translateRule } from './action.ts';
import {
  grpcPrecedence,
  httpPrecedence,
  type Precedence,
  translateGrpcMatch,
  translateHttpMatch,
} from './match.ts';

export type HttpRouteOf = Typed<HttpRouteDocument>;
export type GrpcRouteOf = Typed<GrpcRouteDocument>;

/** Where the routes are for. */
export interface RouteTarget {
  readonly world: World;
  readonly port: number;
  readonly scheme: 'http' | 'https';
  readonly needsGrant: boolean;
}

/** A route and its place among all routes on one parent. */
export interface RankedRoute {
  readonly route: Route;
  readonly precedence: Precedence;
  readonly rule: RuleFacts;
}

/** What policies ask of the rule that a route was made from. */
export interface RuleFacts {
  readonly name: string | undefined;
  /** It says so itself: a policy is not heard. */
  readonly hasTimeout: boolean;
  readonly hasRetry: boolean;
}

/** An HTTPRoute without rules has one that matches everything and has no backend (the default of its definition). */
export function translateHttpRoute(document: HttpRouteOf, target: RouteTarget): RankedRoute[] {
  return (document.object.spec.rules ?? [{}]).flatMap((rule, i) =>
    translateMatches(document, target, i, rule, rule.matches, translateHttpMatch, httpPrecedence),
  );
}

export function translateGrpcRoute(document: GrpcRouteOf, target: RouteTarget): RankedRoute[] {
  return (document.object.spec.rules ?? []).flatMap((rule, i) =>
    translateMatches(document, target, i, rule, rule.matches, translateGrpcMatch, grpcPrecedence),
  );
}

interface AnyRule extends Pick<HttpRouteRule, 'name' | 'timeouts' | 'retry'> {
  readonly filters?: readonly (HttpRouteFilter | NonNullable<GrpcRouteRule['filters']>[number])[];
}

/** Alternatives of a match become routes of their own. */
function translateMatches<M extends object>(
  document: Pick<Typed<unknown>, 'key' | 'generation'>,
  target: RouteTarget,
  index: number,
  rule: AnyRule & Pick<HttpRouteRule, 'backendRefs' | 'filters'>,
  matches: readonly M[] | undefined,
  translate: (match: M | Record<string, never>) => RouteMatch,
  precedenceOf: (match: RouteMatch) => Precedence,
): RankedRoute[] {
  const { key } = document;
  const rulePath = `spec.rules[${index}]`;
  const origin = (path: string) => originOf(document, path === '' ? rulePath : `${rulePath}.${path}`);
  const facts: RuleFacts = {
    name: rule.name,
    hasTimeout: rule.timeouts?.request !== undefined || rule.timeouts?.backendRequest !== undefined,
    hasRetry: rule.retry !== undefined,
  };
  const written = matches !== undefined && matches.length > 0;
  return (written ? matches : [{}]).map((one, m) => {
    const match = translate(one);
    const route: Route = {
      name: `${key.namespace}/${key.name} rules[${index}]`,
      match,
      ...translateRule(rule, match.path, { ...target, route: key, origin }),
      from: [origin(written ? `matches[${m}]` : '')],
    };
    return { route, precedence: precedenceOf(match), rule: facts };
  });
}
