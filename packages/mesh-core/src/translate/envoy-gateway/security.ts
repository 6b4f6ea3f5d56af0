/** What a SecurityPolicy says to a route at a gateway. */
import type { SecurityPolicySpec } from '@heddle/schema';
import type {
  Authorization,
  AuthorizationRule,
  Condition,
  CorsPolicy,
  Route,
  StringMatch,
} from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import { translateAuthorization } from './authorization.ts';
import type { World } from '../../world/world.ts';
import { type EffectivePolicy, originsOf } from './effective.ts';
import { routeAuthorizer } from './ext-auth.ts';
import { routeProvider } from './oidc.ts';
import { quoteRegex } from './path-match.ts';

type Policy = EffectivePolicy<'securityPolicies'>;

/** Fields that ask of a client what nothing here can check yet: whoever they are for is refused. */
export const unchecked = ['csrf'] as const satisfies readonly (keyof SecurityPolicySpec)[];

export function withSecurity(route: Route, policy: Policy, world: World): Route {
  const { spec, documents } = policy;
  const { action } = route;
  const [{ key }] = documents;
  const authorization = translateAuthorization(policy, originsOf(policy, 'authorization'));
  const isAsked = routeAuthorizer(policy, world) !== undefined;
  const hasProvider = routeProvider(policy, world) !== undefined;
  const unmet = [
    ...unchecked,
    ...(isAsked ? [] : ['extAuth' as const]),
    ...(hasProvider ? [] : ['oidc' as const]),
  ];
  const refusals = unmet.flatMap((field): AuthorizationRule[] =>
    spec[field] === undefined
      ? []
      : [
          {
            policy: { namespace: key.namespace, name: key.name },
            rule: 0,
            dryRun: false,
            condition: field === 'csrf' ? crossSite(spec) : { kind: 'any' },
            from: originsOf(policy, field),
          },
        ],
  );
  const authorized = joined(authorization, refusals);
  const cors = spec.cors;
  return {
    ...route,
    // What the route itself says of CORS comes first, as in Envoy Gateway.
    action:
      cors === undefined || action.kind !== 'forward' || action.cors !== undefined
        ? action
        : { ...action, cors: corsOf(cors, policy) },
    ...(isAsked ? { authorizer: policy.id } : {}),
    ...(spec.basicAuth === undefined && spec.apiKeyAuth === undefined ? {} : { logins: policy.id }),
    ...(hasProvider ? { provider: policy.id } : {}),
    ...(spec.jwt === undefined ? {} : { tokens: policy.id }),
    ...(authorized === undefined ? {} : { authorization: authorized }),
  };
}

function joined(
  authorization: Authorization | undefined,
  refusals: readonly AuthorizationRule[],
): Authorization | undefined {
  if (refusals.length === 0) return authorization;
  const { custom = [], audit = [], deny = [], allow = [] } = authorization ?? {};
  return { custom, audit, deny: [...refusals, ...deny], allow };
}

/** Requests that change something, but for those from pages that the policy names. */
function crossSite({ csrf }: SecurityPolicySpec): Condition {
  const methods: readonly Condition[] = ['POST', 'PUT', 'DELETE', 'PATCH'].map((value) => ({
    kind: 'header',
    name: ':method',
    match: { kind: 'exact', value, ignoreCase: false },
  }));
  const origins = (csrf?.additionalOrigins ?? []).map((one): Condition => ({
    kind: 'not',
    of: { kind: 'header', name: 'origin', match: originMatch(one) },
  }));
  return { kind: 'all', of: [{ kind: 'some', of: methods }, ...origins] };
}

/** Preflights of other origins are answered without any permission. */
function corsOf(cors: NonNullable<SecurityPolicySpec['cors']>, policy: Policy): CorsPolicy {
  const { allowOrigins = [], allowMethods = [], allowHeaders = [], exposeHeaders = [], maxAge } = cors;
  const maxAgeMs = maxAge === undefined ? undefined : durationMs(maxAge);
  const starred = (values: readonly string[]) => (values.includes('*') ? ['*'] : values);
  return {
    allowOrigins: allowOrigins.map(originMatch),
    allowMethods: starred(allowMethods),
    allowHeaders: starred(allowHeaders),
    exposeHeaders,
    ...(maxAgeMs === undefined ? {} : { maxAgeSeconds: Math.floor(maxAgeMs / 1000) }),
    allowCredentials: cors.allowCredentials ?? false,
    forwardUnmatchedPreflights: false,
    from: originsOf(policy, 'cors'),
  };
}

/** A star is any text. */
function originMatch(origin: string): StringMatch {
  return origin.includes('*')
    ? { kind: 'regex', value: origin.split('*').map(quoteRegex).join('.*') }
    : { kind: 'exact', value: origin, ignoreCase: false };
}
