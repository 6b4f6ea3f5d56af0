import type { JwtRule, RequestAuthenticationDocument } from '@heddle/schema';
import type { JwtProvider } from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import { originOf, type Typed, type World } from '../../world/world.ts';
import { isAttached, type PolicyTarget } from './policy-attachment.ts';

/** Istio's time for fetching keys. */
const defaultTimeoutMs = 5_000;
/** Claims that every provider takes for lists written with spaces (RFC 8693 §4.2 scope; permission by custom). */
export const defaultSpaceDelimitedClaims: readonly string[] = ['permission', 'scope'];

/** The token providers of a workload: the JWT rules of all RequestAuthentications that are for it, by issuer. */
export function translateJwtProviders(target: PolicyTarget, world: World): JwtProvider[] {
  return world.documents.requestAuthentications
    .filter(({ key, object }) =>
      isAttached(object.spec ?? {}, key.namespace, target, world.settings.rootNamespace),
    )
    .flatMap((document) =>
      (document.object.spec?.jwtRules ?? []).map((rule, i) => translateRule(rule, i, document)),
    )
    .toSorted((a, b) => (a.issuer < b.issuer ? -1 : a.issuer > b.issuer ? 1 : 0));
}

/** For a filter chain: nothing where no token is verified. */
export function chainTokens(target: PolicyTarget, world: World): { jwt?: readonly JwtProvider[] } {
  const jwt = translateJwtProviders(target, world);
  return jwt.length === 0 ? {} : { jwt };
}

function translateRule(
  rule: JwtRule,
  index: number,
  document: Typed<RequestAuthenticationDocument>,
): JwtProvider {
  return {
    issuer: rule.issuer ?? '',
    audiences: rule.audiences ?? [],
    jwks: jwksOf(rule),
    fromHeaders: (rule.fromHeaders ?? []).map(({ name, prefix }) => ({ name, prefix: prefix ?? '' })),
    fromParams: rule.fromParams ?? [],
    fromCookies: rule.fromCookies ?? [],
    forwardToken: rule.forwardOriginalToken ?? false,
    payloadHeader: rule.outputPayloadToHeader ?? '',
    claimToHeaders: (rule.outputClaimToHeaders ?? []).map(({ claim, header }) => ({ claim, header })),
    spaceDelimitedClaims: [
      ...new Set([...defaultSpaceDelimitedClaims, ...(rule.spaceDelimitedClaims ?? [])]),
    ].toSorted(),
    required: rule.presence === 'REQUIRED',
    from: [originOf(document, `spec.jwtRules[${index}]`)],
  };
}

/** Inline keys go before a URI, as in Istio; with neither, the issuer is asked. */
function jwksOf(rule: JwtRule): JwtProvider['jwks'] {
  if (rule.jwks !== undefined && rule.jwks !== '') return { kind: 'inline', keys: rule.jwks };
  const timeoutMs = (rule.timeout === undefined ? undefined : durationMs(rule.timeout)) ?? defaultTimeoutMs;
  const uri = rule.jwksUri ?? rule.jwks_uri ?? '';
  if (uri !== '') return { kind: 'uri', uri, timeoutMs };
  return { kind: 'issuer', timeoutMs };
}
