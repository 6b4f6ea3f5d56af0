/** jwt of a SecurityPolicy: whose tokens a route takes. */
import type { SecurityPolicySpec } from '@heddle/schema';
import type { JwtProvider, RouteTokens } from '@heddle/traffic';
import type { World } from '../../world/world.ts';
import { type EffectivePolicy, originsOf } from './effective.ts';
import type { EnvoyPolicyOf } from './targets.ts';

type Policy = EffectivePolicy<'securityPolicies'>;
type Jwt = NonNullable<SecurityPolicySpec['jwt']>;
type Provider = Jwt['providers'][number];

/** Claims that Envoy Gateway takes for lists written with spaces. */
const spaceDelimitedClaims = ['scope', 'scp'];
/** For asking for keys, as in Envoy Gateway. */
const defaultTimeoutMs = 10_000;
const noKeys = '{"keys":[]}';

export function routeTokens(policy: Policy, world: World): RouteTokens | undefined {
  const { jwt } = policy.spec;
  if (jwt === undefined) return undefined;
  const owner = policy.documents.find(({ object }) => object.spec.jwt?.providers !== undefined);
  return {
    name: policy.id,
    providers: jwt.providers.map((one): JwtProvider => {
      const { headers = [], params = [], cookies = [] } = one.extractFrom ?? {};
      return {
        issuer: one.issuer ?? '',
        audiences: one.audiences ?? [],
        jwks: keysOf(one, owner, world),
        fromHeaders: headers.map(({ name, valuePrefix }) => ({ name, prefix: valuePrefix ?? '' })),
        fromParams: params,
        fromCookies: cookies,
        forwardToken: true,
        payloadHeader: '',
        claimToHeaders: one.claimToHeaders ?? [],
        spaceDelimitedClaims,
        required: jwt.optional !== true && jwt.failOpen !== true,
        from: originsOf(policy, 'jwt'),
      };
    }),
    failsOpen: jwt.failOpen === true,
    recomputesRoute: jwt.providers.some(({ recomputeRoute }) => recomputeRoute === true),
  };
}

/** Without keys every token of the provider is refused. */
function keysOf(
  { localJWKS, remoteJWKS }: Provider,
  owner: EnvoyPolicyOf<'securityPolicies'> | undefined,
  world: World,
): JwtProvider['jwks'] {
  if (remoteJWKS !== undefined) {
    return { kind: 'uri', uri: remoteJWKS.uri, timeoutMs: defaultTimeoutMs };
  }
  const text =
    localJWKS?.type === 'ValueRef'
      ? keysInConfigMap(owner?.key.namespace ?? '', localJWKS.valueRef?.name ?? '', world)
      : localJWKS?.inline;
  return { kind: 'inline', keys: text !== undefined && isKeySet(text) ? text : noKeys };
}

/** Under `jwks`, or else whatever comes first. */
export function keysInConfigMap(namespace: string, name: string, world: World): string | undefined {
  const { data = {} } =
    world.documents.configMaps.find(({ key }) => key.namespace === namespace && key.name === name)?.object ??
    {};
  return data['jwks'] ?? Object.values(data)[0];
}

/** Whether a text is a JSON object, as a key or a set of keys is. */
export function isKeySet(text: string): boolean {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' && read !== null && !Array.isArray(read);
  } catch {
    return false;
  }
}
