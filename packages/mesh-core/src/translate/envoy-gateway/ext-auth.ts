/** extAuth of a SecurityPolicy: who is asked about each request. */
import type { SecurityPolicySpec } from '@heddle/schema';
import type { ExtAuthz, StringMatch } from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import type { World } from '../../world/world.ts';
import { resolveBackend } from '../gateway-api/backend.ts';
import { type EffectivePolicy, originsOf } from './effective.ts';

type Policy = EffectivePolicy<'securityPolicies'>;
type ExtAuth = NonNullable<SecurityPolicySpec['extAuth']>;

/** Known by the policy's id. @returns undefined where nobody can be asked: what the policy is for is refused then */
export function routeAuthorizer(policy: Policy, world: World): ExtAuthz | undefined {
  const { extAuth } = policy.spec;
  const owner = policy.documents.find(({ object }) => object.spec.extAuth !== undefined);
  if (extAuth === undefined || owner === undefined) return undefined;
  const { grpc, http, timeout = '10s', bodyToExtAuth } = extAuth;
  const { backendRef, backendRefs } = grpc ?? http ?? {};
  const ref = backendRefs?.[0] ?? backendRef;
  if (ref === undefined) return undefined;
  const { cluster, hostname, problem } = resolveBackend(ref, { world, route: owner.key, needsGrant: true });
  if (problem !== undefined) return undefined;
  return {
    name: policy.id,
    cluster,
    service: serviceOf(extAuth, hostname),
    timeoutMs: durationMs(timeout) ?? 10_000,
    failOpen: extAuth.failOpen ?? false,
    statusOnError: extAuth.statusOnError ?? 403,
    clearRouteCache: extAuth.recomputeRoute ?? false,
    ...(bodyToExtAuth === undefined
      ? {}
      : {
          requestBody: {
            maxBytes: bodyToExtAuth.maxRequestBytes,
            allowPartial: false,
            packAsBytes: false,
          },
        }),
    from: originsOf(policy, 'extAuth'),
  };
}

function serviceOf({ http, headersToExtAuth = [] }: ExtAuth, hostname: string): ExtAuthz['service'] {
  if (http === undefined) return { kind: 'grpc', authority: hostname };
  return {
    kind: 'http',
    host: hostname,
    pathPrefix: http.path ?? '',
    requestHeaders: headersToExtAuth.map(nameMatch),
    addedHeaders: [],
    upstreamHeadersOnAllow: (http.headersToBackend ?? []).map(nameMatch),
    downstreamHeadersOnAllow: [],
    downstreamHeadersOnDeny: [],
  };
}

function nameMatch(value: string): StringMatch {
  return { kind: 'exact', value, ignoreCase: true };
}
