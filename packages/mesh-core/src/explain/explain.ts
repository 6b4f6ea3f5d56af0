/** What a proxy would do with requests, by pure evaluation: nothing is started. */
import {
  AuthorizationExplainRequest,
  type AuthorizationExplainAnswer,
  type ExplainError,
} from '@heddle/schema';
import { Compile } from 'typebox/compile';
import type { World } from '../world/world.ts';
import { AuthorizationExplainer } from './authorization.ts';

export type ExplainAnswer = AuthorizationExplainAnswer | ExplainError;

const authorizationRequest = Compile(AuthorizationExplainRequest);

/** Answers requests about one world, one by one. What was compiled for one answer serves the next. */
export class Explainer {
  readonly #authorization: AuthorizationExplainer;

  constructor(world: World) {
    this.#authorization = new AuthorizationExplainer(world);
  }

  /** @param request as it was sent: an object with `authz` asks for authorization, any other for a route */
  explain(request: unknown): ExplainAnswer {
    if (request === null || typeof request !== 'object') {
      return refusal('HDL0031', 'a request is a JSON object, with `authz` or with `from`');
    }
    if ('authz' in request) {
      const authz = withoutNulls(request.authz);
      if (authorizationRequest.Check(authz)) return this.#authorization.explain(authz);
      const [error] = authorizationRequest.Errors(authz);
      return refusal(
        'HDL0031',
        `authz${error?.instancePath ?? ''} ${error?.message ?? 'has the wrong form'}`,
      );
    }
    return refusal('HDL0032', 'route requests are not answered yet; authorization requests have `authz`');
  }
}

/** `null` for a field that does not apply says the same as leaving it out. */
function withoutNulls(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

function refusal(code: string, message: string): ExplainError {
  return { error: { code, message } };
}
