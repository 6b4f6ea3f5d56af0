/** oidc of a SecurityPolicy: the provider at which people log in. */
import type { SecurityPolicySpec } from '@heddle/schema';
import {
  type Cluster,
  type HeaderMatch,
  isProviderUrl,
  type RouteProvider,
  type StringMatch,
} from '@heddle/traffic';
import { durationMs } from '../../world/duration.ts';
import { secretValues } from '../../world/secret-values.ts';
import type { World } from '../../world/world.ts';
import { clientSecret, cookieKey, noSecret } from '../istio/credential.ts';
import { type EffectivePolicy, originsOf } from './effective.ts';
import { secretName } from './login.ts';
import { quoteRegex } from './path-match.ts';

type Policy = EffectivePolicy<'securityPolicies'>;
type Oidc = NonNullable<SecurityPolicySpec['oidc']>;

/** Envoy Gateway's. */
const defaultRedirectUrl = '%REQ(x-forwarded-proto)%://%REQ(:authority)%/oauth2/callback';
const defaultLogoutPath = '/logout';
const defaultLoginTtl = '10m';
const defaultRefreshTokenTtl = '604800s';
/** Of the first connection to a provider. */
const connectTimeoutMs = 10_000;

/**
 * Known by the policy's id.
 * @returns undefined where nobody can log in: what the policy is for is refused then.
 */
export function routeProvider(policy: Policy, world: World): RouteProvider | undefined {
  const { oidc } = policy.spec;
  const client = oidc && clientOf(policy, oidc, world);
  if (oidc === undefined || client === undefined || unsafeEndpoint(oidc.provider) !== undefined)
    return undefined;
  const { provider, cookieNames = {}, redirectURL = defaultRedirectUrl } = oidc;
  const redirectPath = redirectPathOf(redirectURL);
  if (redirectPath === undefined) return undefined;
  const suffix = digest(policy.id);
  const ms = (written: string) => durationMs(written) ?? 0;
  return {
    name: policy.id,
    issuer: provider.issuer,
    ...endpointsOf(provider),
    clientId: client.id,
    clientSecret: `${clientSecret}${client.secret}`,
    cookieKey: `${cookieKey}${client.secret}/${suffix}`,
    scopes: [...new Set(['openid', ...(oidc.scopes ?? [])])],
    resources: oidc.resources ?? [],
    redirectUrl: redirectURL,
    redirectPath,
    logoutPath: oidc.logoutPath ?? defaultLogoutPath,
    forwardsAccessToken: oidc.forwardAccessToken ?? false,
    idTokenHeader: oidc.forwardIDToken?.header.toLowerCase() ?? '',
    cookies: {
      // Envoy Gateway ends them with a digest of the policy's UID; here the policy has its name.
      accessToken: cookieNames.accessToken || `AccessToken-${suffix}`,
      idToken: cookieNames.idToken || `IdToken-${suffix}`,
      suffix,
      domain: oidc.cookieDomain ?? '',
      ...(oidc.cookieConfig?.sameSite === undefined ? {} : { sameSite: oidc.cookieConfig.sameSite }),
    },
    loginTtlMs: ms(oidc.csrfTokenTTL ?? defaultLoginTtl),
    tokenTtlMs: ms(oidc.defaultTokenTTL ?? '0s'),
    refreshTokenTtlMs: ms(oidc.defaultRefreshTokenTTL ?? defaultRefreshTokenTtl),
    refreshes: oidc.refreshToken ?? true,
    denyRedirect: (oidc.denyRedirect?.headers ?? []).map(denied),
    passThrough: oidc.passThroughAuthHeader === true ? verifiedHeaders(policy.spec.jwt) : [],
    from: originsOf(policy, 'oidc'),
  };
}

type Endpoint = 'issuer' | 'authorizationEndpoint' | 'tokenEndpoint' | 'endSessionEndpoint';
const endpoints = [
  'issuer',
  'authorizationEndpoint',
  'tokenEndpoint',
  'endSessionEndpoint',
] as const satisfies readonly Endpoint[];

/**
 * The endpoint to which nobody may be sent: codes and secrets go there, so that it has to prove who it is.
 * Without TLS only the machine itself can be asked.
 */
export function unsafeEndpoint(provider: Oidc['provider']): Endpoint | undefined {
  return endpoints.find((name) => {
    const written = provider[name];
    return written !== undefined && !isProviderUrl(written);
  });
}

/** Of the client's Secret, `namespace/name`. @returns undefined where it may not be known, or has no id */
function clientOf(
  policy: Policy,
  { clientID, clientIDRef, clientSecret: ref }: Oidc,
  world: World,
): { readonly id: string; readonly secret: string } | undefined {
  const ownerOf = (field: 'clientSecret' | 'clientIDRef') =>
    (policy.documents.find(({ object }) => object.spec.oidc?.[field] !== undefined) ?? policy.documents[0])
      .key;
  const secret = secretName('', ref, ownerOf('clientSecret'), world);
  // An Envoy would go on with an empty key, and anybody could make cookies that hold.
  if (secret === noSecret.name || valueIn(secret, 'client-secret', world) === '') return undefined;
  if (clientIDRef === undefined) return clientID === undefined ? undefined : { id: clientID, secret };
  const id = valueIn(secretName('', clientIDRef, ownerOf('clientIDRef'), world), 'client-id', world);
  return id === '' ? undefined : { id, secret };
}

function valueIn(secret: string, entry: string, world: World): string {
  const [namespace = '', name = ''] = secret.split('/');
  return secretValues({ namespace, name }, world)?.get(entry) ?? '';
}

function endpointsOf({
  authorizationEndpoint,
  tokenEndpoint,
  endSessionEndpoint,
}: Oidc['provider']): Pick<RouteProvider, Exclude<Endpoint, 'issuer'>> {
  return {
    ...(authorizationEndpoint === undefined ? {} : { authorizationEndpoint }),
    ...(tokenEndpoint === undefined
      ? {}
      : { tokenEndpoint: { url: tokenEndpoint, cluster: tokenCluster(tokenEndpoint) } }),
    ...(endSessionEndpoint === undefined ? {} : { endSessionEndpoint }),
  };
}

/** Headers of the request may stand for scheme and host. @returns undefined for what nobody could come back to */
export function redirectPathOf(url: string): string | undefined {
  const [, path] =
    /^(?:https?|%REQ\([\w:-]+\)%):\/\/(?:%REQ\([\w:-]+\)%|[\w.:[\]-]+)(\/[^?#%\s]+)$/i.exec(url) ?? [];
  return path;
}

function denied({
  name,
  type = 'Exact',
  value,
}: NonNullable<Oidc['denyRedirect']>['headers'][number]): HeaderMatch {
  const kinds = { Exact: 'exact', Prefix: 'prefix', Suffix: 'suffix' } as const;
  const match: StringMatch =
    type === 'RegularExpression' ? { kind: 'regex', value } : { kind: kinds[type], value, ignoreCase: false };
  return { name: name.toLowerCase(), match, invert: false, treatMissingAsEmpty: false };
}

/** Where tokens are verified, whatever brings one there need not log in; an empty one is none. */
function verifiedHeaders(jwt: SecurityPolicySpec['jwt']): HeaderMatch[] {
  // A token that does not hold would pass.
  if (jwt === undefined || jwt.failOpen === true) return [];
  return jwt.providers.flatMap(({ extractFrom }) => {
    const { headers = [], params = [], cookies = [] } = extractFrom ?? {};
    const isDefault = headers.length + params.length + cookies.length === 0;
    return (isDefault ? [{ name: 'authorization', valuePrefix: 'Bearer ' }] : headers).map(
      ({ name, valuePrefix = '' }): HeaderMatch => ({
        name: name.toLowerCase(),
        match: { kind: 'regex', value: `${quoteRegex(valuePrefix)}\\s*\\S.*` },
        invert: false,
        treatMissingAsEmpty: false,
      }),
    );
  });
}

function tokenCluster(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `oidc|${port || (protocol === 'https:' ? 443 : 80)}||${hostname}`;
}

/** What an Envoy asks the providers through. */
export function providerClusters(providers: readonly RouteProvider[]): Cluster[] {
  const clusters = new Map<string, Cluster>();
  for (const { tokenEndpoint, from } of providers) {
    if (tokenEndpoint === undefined || clusters.has(tokenEndpoint.cluster)) continue;
    const { protocol, hostname } = new URL(tokenEndpoint.url);
    const [, port] = tokenEndpoint.cluster.split('|');
    const address = hostname.replace(/^\[(.*)\]$/, '$1');
    const isAddress = address !== hostname || /^[\d.]+$/.test(hostname);
    clusters.set(tokenEndpoint.cluster, {
      name: tokenEndpoint.cluster,
      discovery: isAddress ? 'STATIC' : 'STRICT_DNS',
      endpoints: [{ address, port: Number(port), weight: 1, health: 'HEALTHY', tlsMode: 'disabled' }],
      lb: 'LEAST_REQUEST',
      connectTimeoutMs,
      ...(protocol === 'https:'
        ? {
            tls: {
              mode: 'SIMPLE',
              sni: isAddress ? '' : hostname,
              subjectAltNames: [address],
              authorities: { kind: 'system' },
              isInsecure: false,
            },
          }
        : {}),
      from,
    });
  }
  return [...clusters.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Of 32 bits, as Envoy Gateway ends the names of cookies with. @see Fowler, Noll and Vo, FNV-1a */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
