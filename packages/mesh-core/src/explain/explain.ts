/** What a proxy would do with requests, by pure evaluation: nothing is started. */
import {
  AuthorizationExplainRequest,
  type AuthorizationExplainAnswer,
  type ExplainError,
  type RouteExplainAnswer,
  RouteExplainRequest,
} from '@heddle/schema';
import { Compile } from 'typebox/compile';
import type { World } from '../world/world.ts';
import { AuthorizationExplainer } from './authorization.ts';
import { RouteExplainer } from './route.ts';

export type ExplainAnswer = AuthorizationExplainAnswer | RouteExplainAnswer | ExplainError;

const authorizationRequest = Compile(AuthorizationExplainRequest);
const routeRequest = Compile(RouteExplainRequest);

/** Answers requests about one world, one by one. What was compiled for one answer serves the next. */
export class Explainer {
  readonly #authorization: AuthorizationExplainer;
  readonly #routes: RouteExplainer;

  constructor(world: World) {
    this.#authorization = new AuthorizationExplainer(world);
    this.#routes = new RouteExplainer(world);
  }

  /** @param request as it was sent: an object with `authz` asks for authorization, any other for a route */
  explain(request: unknown): ExplainAnswer {
    if (request === null || typeof request !== 'object') {
      return refusal('HDL0031', 'a request is a JSON object, with `authz` or with `from`');
    }
    if ('authz' in request) {
      const authz = withoutNulls(request.authz, ['workload']);
      if (authorizationRequest.Check(authz)) return this.#authorization.explain(authz);
      const [error] = authorizationRequest.Errors(authz);
      return refusal(
        'HDL0031',
        `authz${error?.instancePath ?? ''} ${error?.message ?? 'has the wrong form'}`,
      );
    }
    const route = withoutNulls(request, ['from', 'sidecar', 'headers']);
    if (!routeRequest.Check(route)) {
      const [error] = routeRequest.Errors(route);
      return refusal(
        'HDL0031',
        `request${error?.instancePath ?? ''} ${error?.message ?? 'has the wrong form'}`,
      );
    }
    return this.#routes.explain(route);
  }
}

/**
 * `null` for a field that does not apply says the same as leaving it out.
 * @param within members of which the same is true; what else is in there may mean a null
 */
function withoutNulls(value: unknown, within: readonly string[]): unknown {
  if (!hasNulls(value, within)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name, within.includes(name) ? withoutNulls(member, within) : member]),
  );
}

function hasNulls(value: unknown, within: readonly string[]): value is object {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  for (const [name, member] of Object.entries(value)) {
    if (member === null || (within.includes(name) && hasNulls(member, within))) return true;
  }
  return false;
}

function refusal(code: string, message: string): ExplainError {
  return { error: { code, message } };
}
