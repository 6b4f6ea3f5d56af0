/** RouteProvider <-> our own form of it in the metadata of the chain; for Envoys the HTTP filter `envoy.filters.http.oauth2`. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { RouteProvider } from '@heddle/traffic';
import { encodeDuration } from './duration.ts';
import type { FieldReader } from './field-reader.ts';
import { decodeHeaderMatch, encodeHeaderMatch } from './header-match.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';
import { secretReference } from './secret.ts';

const oauth2Type = 'type.googleapis.com/envoy.extensions.filters.http.oauth2.v3.OAuth2';
const rbacType = 'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC';
const filterConfigType = 'type.googleapis.com/envoy.config.route.v3.FilterConfig';
/** Envoy Gateway's. */
const tokenTimeoutMs = 10_000;

function filterName(provider: string): string {
  return `heddle.route.oauth2.${provider}`;
}

/** It stands in the way of those routes alone that name it. */
export function encodeRouteProviderFilter(provider: RouteProvider): JsonObject {
  return {
    name: filterName(provider.name),
    disabled: true,
    typedConfig: encodeOAuth2(provider) ?? nobody,
  };
}

/** The route's `typed_per_filter_config`: whatever is there and not disabled switches the filter on. */
export function encodeRouteProvider(provider: string): JsonObject {
  return { [filterName(provider)]: { '@type': filterConfigType, config: {} } };
}

/** An Envoy does not ask the issuer where people log in: without its endpoints nobody can. */
const nobody: JsonObject = { '@type': rbacType, rules: { action: 'ALLOW' } };

/** What this version of the API has no field for, Envoys do their own way: cookie domain, SameSite, end of the session. */
function encodeOAuth2(provider: RouteProvider): JsonObject | undefined {
  const { authorizationEndpoint, tokenEndpoint, cookies } = provider;
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined) return undefined;
  // Nor does this version fill the header: what a client writes there would pass for an ID token.
  if (provider.idTokenHeader !== '') return undefined;
  const exactly = (path: string): JsonObject => ({ path: { exact: path } });
  return {
    '@type': oauth2Type,
    config: definedFields({
      tokenEndpoint: {
        uri: tokenEndpoint.url,
        cluster: tokenEndpoint.cluster,
        timeout: encodeDuration(tokenTimeoutMs),
      },
      authorizationEndpoint,
      credentials: {
        clientId: provider.clientId,
        tokenSecret: secretReference(provider.clientSecret),
        hmacSecret: secretReference(provider.cookieKey),
        cookieNames: {
          bearerToken: cookies.accessToken,
          idToken: cookies.idToken,
          oauthHmac: `OauthHMAC-${cookies.suffix}`,
          oauthExpires: `OauthExpires-${cookies.suffix}`,
          refreshToken: `RefreshToken-${cookies.suffix}`,
        },
      },
      redirectUri: provider.redirectUrl,
      redirectPathMatcher: exactly(provider.redirectPath),
      signoutPath: exactly(provider.logoutPath),
      forwardBearerToken: provider.forwardsAccessToken,
      preserveAuthorizationHeader: !provider.forwardsAccessToken,
      passThroughMatcher: provider.passThrough.map(encodeHeaderMatch),
      denyRedirectMatcher: provider.denyRedirect.map(encodeHeaderMatch),
      authScopes: [...provider.scopes],
      resources: [...provider.resources],
      useRefreshToken: provider.refreshes,
      defaultExpiresIn: encodeDuration(provider.tokenTtlMs),
      defaultRefreshTokenExpiresIn: encodeDuration(provider.refreshTokenTtlMs),
    }),
  };
}

export function encodeRouteProviders(all: readonly RouteProvider[]): JsonObject[] {
  return all.map(
    ({ tokenEndpoint, scopes, resources, cookies, denyRedirect, passThrough, from, ...settings }) =>
      definedFields({
        ...settings,
        tokenEndpoint: tokenEndpoint && { ...tokenEndpoint },
        scopes: [...scopes],
        resources: [...resources],
        cookies: definedFields({ ...cookies }),
        denyRedirect: denyRedirect.map(encodeHeaderMatch),
        passThrough: passThrough.map(encodeHeaderMatch),
        from: encodeOrigins(from),
      }),
  );
}

export function decodeRouteProviders(metadata: FieldReader): readonly RouteProvider[] {
  return metadata.list('routeProviders').map((one): RouteProvider => {
    const token = one.field('tokenEndpoint');
    return {
      name: one.string('name'),
      issuer: one.string('issuer'),
      ...(one.has('authorizationEndpoint')
        ? { authorizationEndpoint: one.string('authorizationEndpoint') }
        : {}),
      ...(token.isPresent
        ? { tokenEndpoint: { url: token.string('url'), cluster: token.string('cluster') } }
        : {}),
      ...(one.has('endSessionEndpoint') ? { endSessionEndpoint: one.string('endSessionEndpoint') } : {}),
      clientId: one.string('clientId'),
      clientSecret: one.string('clientSecret'),
      cookieKey: one.string('cookieKey'),
      scopes: one.strings('scopes'),
      resources: one.strings('resources'),
      redirectUrl: one.string('redirectUrl'),
      redirectPath: one.string('redirectPath'),
      logoutPath: one.string('logoutPath'),
      forwardsAccessToken: one.boolean('forwardsAccessToken'),
      idTokenHeader: one.string('idTokenHeader'),
      cookies: decodeCookies(one.field('cookies')),
      loginTtlMs: one.number('loginTtlMs'),
      tokenTtlMs: one.number('tokenTtlMs'),
      refreshTokenTtlMs: one.number('refreshTokenTtlMs'),
      refreshes: one.boolean('refreshes'),
      denyRedirect: one.list('denyRedirect').map(decodeHeaderMatch),
      passThrough: one.list('passThrough').map(decodeHeaderMatch),
      from: decodeOrigins(one),
    };
  });
}

const sameSites: readonly ('Lax' | 'Strict' | 'None')[] = ['Lax', 'Strict', 'None'];

function decodeCookies(cookies: FieldReader): RouteProvider['cookies'] {
  return {
    accessToken: cookies.string('accessToken'),
    idToken: cookies.string('idToken'),
    suffix: cookies.string('suffix'),
    domain: cookies.string('domain'),
    ...(cookies.has('sameSite') ? { sameSite: cookies.oneOf('sameSite', sameSites, 'Lax') } : {}),
  };
}
