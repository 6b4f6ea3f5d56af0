import type { HttpRoute } from '@heddle/schema';
import type { CorsPolicy, Origin, StringMatch } from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import { stringMatch } from './http-match.ts';

/** A preflight whose origin does not match goes on to the service, unless the policy says IGNORE. */
export function translateCors(policy: NonNullable<HttpRoute['corsPolicy']>, from: Origin): CorsPolicy {
  const exact = (value: string): StringMatch => ({ kind: 'exact', value, ignoreCase: false });
  const origins =
    policy.allowOrigins?.map(stringMatch).filter((one) => one !== undefined) ??
    (policy.allowOrigin ?? []).map(exact);
  const maxAgeMs = policy.maxAge === undefined ? undefined : durationMs(policy.maxAge);
  return {
    allowOrigins: origins,
    allowMethods: policy.allowMethods ?? [],
    allowHeaders: policy.allowHeaders ?? [],
    exposeHeaders: policy.exposeHeaders ?? [],
    ...(maxAgeMs === undefined ? {} : { maxAgeSeconds: Math.floor(maxAgeMs / 1000) }),
    allowCredentials: policy.allowCredentials ?? false,
    forwardUnmatchedPreflights: policy.unmatchedPreflights !== 'IGNORE',
    from: [from],
  };
}
