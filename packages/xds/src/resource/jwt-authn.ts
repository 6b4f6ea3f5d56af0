/** JwtProvider <-> the HTTP filter `envoy.filters.http.jwt_authn`, and our own form of it in the metadata of the chain. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { JwtProvider, RouteTokens } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { envoyKeys } from './nobodys-key.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';

export const jwtFilter = 'envoy.filters.http.jwt_authn';
const type = 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication';

/** A bad token is refused, a missing one passes unless it is required, each by itself: else an AuthorizationPolicy asks for it. */
export function encodeJwtFilter(providers: readonly JwtProvider[]): JsonObject {
  const named = providers.map((provider, i) => [`origins-${i}`, provider] as const);
  const any = named.map(([providerName]) => ({ providerName }));
  const each = named.filter(([, { required }]) => required).map(([providerName]) => ({ providerName }));
  const [only] = each;
  return {
    name: jwtFilter,
    typedConfig: {
      '@type': type,
      providers: Object.fromEntries(named.map(([name, provider]) => [name, encodeProvider(provider)])),
      rules: [
        {
          match: { prefix: '/' },
          requires:
            only === undefined
              ? { requiresAny: { requirements: [...any, { allowMissing: {} }] } }
              : each.length === 1
                ? only
                : { requiresAll: { requirements: each } },
        },
      ],
      bypassCorsPreflight: true,
    },
  };
}

/** Requires nothing by itself: a route names one of its requirements. */
export function encodeRouteJwtFilter(name: string, all: readonly RouteTokens[]): JsonObject {
  const named = all.flatMap((one) =>
    one.providers.map((provider, i) => [`${one.name}-${i}`, provider, one.recomputesRoute] as const),
  );
  return {
    name,
    typedConfig: {
      '@type': type,
      providers: Object.fromEntries(
        named.map(([provider, node, clearRouteCache]) => [
          provider,
          { ...encodeProvider(node), clearRouteCache },
        ]),
      ),
      requirementMap: Object.fromEntries(all.map((one) => [one.name, encodeRequirement(one)])),
      bypassCorsPreflight: true,
    },
  };
}

function encodeRequirement({ name, providers, failsOpen }: RouteTokens): JsonObject {
  const isRequired = providers.some(({ required }) => required);
  const missing = failsOpen ? [{ allowMissingOrFailed: {} }] : isRequired ? [] : [{ allowMissing: {} }];
  const requirements = [...providers.map((_, i) => ({ providerName: `${name}-${i}` })), ...missing];
  const [only] = requirements;
  // Envoy refuses a choice of one.
  return requirements.length === 1 && only !== undefined ? only : { requiresAny: { requirements } };
}

function encodeProvider(provider: JwtProvider): JsonObject {
  return definedFields({
    issuer: provider.issuer,
    audiences: [...provider.audiences],
    localJwks: { inlineString: envoyKeys(provider) },
    forward: provider.forwardToken,
    fromHeaders: provider.fromHeaders.map(({ name, prefix }) => ({ name, valuePrefix: prefix })),
    fromParams: [...provider.fromParams],
    fromCookies: [...provider.fromCookies],
    forwardPayloadHeader: provider.payloadHeader === '' ? undefined : provider.payloadHeader,
    claimToHeaders: provider.claimToHeaders.map(({ claim, header }) => ({
      claimName: claim,
      headerName: header,
    })),
    payloadInMetadata: 'payload',
    normalizePayloadInMetadata: { spaceDelimitedClaims: [...provider.spaceDelimitedClaims] },
  });
}

export function encodeJwtProviders(providers: readonly JwtProvider[]): JsonObject[] {
  return providers.map((provider) =>
    definedFields({
      issuer: provider.issuer,
      audiences: [...provider.audiences],
      jwks: { ...provider.jwks },
      fromHeaders: provider.fromHeaders.map(({ name, prefix }) => ({ name, prefix })),
      fromParams: [...provider.fromParams],
      fromCookies: [...provider.fromCookies],
      forwardToken: provider.forwardToken,
      payloadHeader: provider.payloadHeader,
      claimToHeaders: provider.claimToHeaders.map(({ claim, header }) => ({ claim, header })),
      spaceDelimitedClaims: [...provider.spaceDelimitedClaims],
      required: provider.required,
      from: encodeOrigins(provider.from),
    }),
  );
}

export function decodeJwtProviders(parent: FieldReader, name: string): readonly JwtProvider[] {
  return parent.list(name).map((provider) => ({
    issuer: provider.string('issuer'),
    audiences: provider.strings('audiences'),
    jwks: decodeJwks(provider.field('jwks')),
    fromHeaders: provider
      .list('fromHeaders')
      .map((one) => ({ name: one.string('name'), prefix: one.string('prefix') })),
    fromParams: provider.strings('fromParams'),
    fromCookies: provider.strings('fromCookies'),
    forwardToken: provider.boolean('forwardToken'),
    payloadHeader: provider.string('payloadHeader'),
    claimToHeaders: provider
      .list('claimToHeaders')
      .map((one) => ({ claim: one.string('claim'), header: one.string('header') })),
    spaceDelimitedClaims: provider.strings('spaceDelimitedClaims'),
    required: provider.boolean('required'),
    from: decodeOrigins(provider),
  }));
}

function decodeJwks(jwks: FieldReader): JwtProvider['jwks'] {
  const kind = jwks.oneOf('kind', ['inline', 'uri', 'issuer'], 'inline');
  switch (kind) {
    case 'inline':
      return { kind, keys: jwks.string('keys') };
    case 'uri':
      return { kind, uri: jwks.string('uri'), timeoutMs: jwks.number('timeoutMs') };
    case 'issuer':
      return { kind, timeoutMs: jwks.number('timeoutMs') };
  }
}
