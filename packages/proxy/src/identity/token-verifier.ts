/** Tokens of callers (RFC 7519), verified with the keys of the issuers that a workload trusts. */
import { cookieOf, type JwtProvider, normalizeClaims } from '@heddle/traffic';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
} from 'jose';

/** Where a token may be. */
export interface TokenRequest {
  /** @param name lower case */
  header(name: string): string | undefined;
  /** With the query. */
  readonly path: string;
}

export type TokenVerdict =
  /** No token where one may be. */
  | { readonly kind: 'none' }
  | { readonly kind: 'valid'; readonly token: VerifiedToken }
  | { readonly kind: 'refused'; readonly status: 401 | 403; readonly why: string };

export interface VerifiedToken {
  readonly provider: JwtProvider;
  /** Lists that are written with spaces are lists. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The payload as it stands in the token, base64url. */
  readonly payload: string;
  /** Header that held it, "" for other places. */
  readonly header: string;
}

/** Envoy's and Istio's. */
const clockSkewSeconds = 60;
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Tokens that were verified and may come again. */
const maxRemembered = 1000;
/** How long fetched keys are used before they are asked for again, as in Istio; an unknown key asks at once, at most every 30 s. */
const keysMaxAgeMs = 20 * 60_000;
const keysCooldownMs = 30_000;
const maxDiscoveryBytes = 256 * 1024;

interface Found {
  readonly text: string;
  readonly header: string;
}

export class TokenVerifier {
  readonly #providers: readonly { readonly provider: JwtProvider; readonly keys: JWTVerifyGetKey }[];
  readonly #isRequired: boolean;
  readonly #remembered = new Map<string, { readonly token: VerifiedToken; readonly payload: JWTPayload }>();

  constructor(providers: readonly JwtProvider[]) {
    this.#providers = providers.map((provider) => ({ provider, keys: keysOf(provider) }));
    this.#isRequired = providers.some(({ required }) => required);
  }

  /** Headers that only a verified token may fill: what a client sends in them is not heeded. */
  *ownHeaders(): Iterable<string> {
    for (const { provider } of this.#providers) {
      if (provider.payloadHeader !== '') yield provider.payloadHeader.toLowerCase();
      for (const { header } of provider.claimToHeaders) yield header.toLowerCase();
    }
  }

  /**
   * The first token that a provider takes decides; with none that is taken, the request is refused if it brought one at all.
   * At once where the token is known already.
   */
  verify(request: TokenRequest): TokenVerdict | Promise<TokenVerdict> {
    const candidates = this.#providers.flatMap(({ provider, keys }) =>
      tokensOf(provider, request).map((found) => ({ provider, keys, found })),
    );
    if (candidates.length === 0) {
      return this.#isRequired ? { kind: 'refused', status: 401, why: 'Jwt is missing' } : { kind: 'none' };
    }
    for (const { provider, found } of candidates) {
      const known = this.#remembered.get(found.text);
      if (known !== undefined && known.token.provider === provider && isInTime(known.payload)) {
        return { kind: 'valid', token: { ...known.token, header: found.header } };
      }
    }
    return this.#verifyAll(candidates);
  }

  async #verifyAll(
    candidates: readonly {
      readonly provider: JwtProvider;
      readonly keys: JWTVerifyGetKey;
      readonly found: Found;
    }[],
  ): Promise<TokenVerdict> {
    let refused: TokenVerdict = { kind: 'refused', status: 401, why: 'Jwt issuer is not configured' };
    for (const { provider, keys, found } of candidates) {
      try {
        const payload = await verified(found.text, provider, keys);
        const token: VerifiedToken = {
          provider,
          claims: normalizeClaims(payload, provider.spaceDelimitedClaims),
          payload: found.text.split('.')[1] ?? '',
          header: found.header,
        };
        this.#remember(found.text, token, payload);
        return { kind: 'valid', token };
      } catch (error) {
        refused = refusalOf(error, refused);
      }
    }
    return refused;
  }

  #remember(text: string, token: VerifiedToken, payload: JWTPayload): void {
    if (this.#remembered.size >= maxRemembered) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.set(text, { token, payload });
  }
}

async function verified(text: string, provider: JwtProvider, keys: JWTVerifyGetKey): Promise<JWTPayload> {
  const options = {
    algorithms,
    clockTolerance: clockSkewSeconds,
    ...(provider.issuer === '' ? {} : { issuer: provider.issuer }),
    ...(provider.audiences.length === 0 ? {} : { audience: [...provider.audiences] }),
  };
  try {
    return (await jwtVerify(text, keys, options)).payload;
  } catch (error) {
    // Without a key id every key that fits is tried.
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jwtVerify(text, key, options)).payload;
      } catch (reason) {
        if (!(reason instanceof errors.JWSSignatureVerificationFailed)) throw reason;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** In the words of Envoy's filter, which operators know. What is wrong with a token of another issuer tells the least. */
function refusalOf(error: unknown, before: TokenVerdict): TokenVerdict {
  const refused = (why: string, status: 401 | 403 = 401): TokenVerdict => ({ kind: 'refused', status, why });
  if (error instanceof errors.JWTExpired) return refused('Jwt is expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return before;
    if (error.claim === 'aud') return refused('Audiences in Jwt are not allowed', 403);
    if (error.claim === 'nbf') return refused('Jwt not yet valid');
    return refused(`Jwt is not valid: ${error.claim}`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey) {
    return refused('Jwt verification fails');
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return refused('Jwt header [alg] is not supported');
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) {
    return refused('Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections');
  }
  return refused('Jwks remote fetch is failed');
}

function isInTime({ exp, nbf }: JWTPayload): boolean {
  const now = Date.now() / 1000;
  return (
    (exp === undefined || now < exp + clockSkewSeconds) &&
    (nbf === undefined || now >= nbf - clockSkewSeconds)
  );
}

/** Tokens at the places of a provider; with no place of its own, `Authorization: Bearer` and the parameter `access_token`. */
function tokensOf(provider: JwtProvider, { header, path }: TokenRequest): Found[] {
  const { fromHeaders, fromParams, fromCookies } = provider;
  const hasPlaces = fromHeaders.length + fromParams.length + fromCookies.length > 0;
  const found: Found[] = [];
  for (const { name, prefix } of hasPlaces ? fromHeaders : [{ name: 'authorization', prefix: 'Bearer ' }]) {
    const value = header(name.toLowerCase());
    if (value?.startsWith(prefix) === true) {
      found.push({ text: value.slice(prefix.length).trim(), header: name.toLowerCase() });
    }
  }
  const start = path.indexOf('?');
  if (start !== -1) {
    const query = new URLSearchParams(path.slice(start + 1));
    for (const name of hasPlaces ? fromParams : ['access_token']) {
      const value = query.get(name);
      if (value !== null) found.push({ text: value, header: '' });
    }
  }
  for (const name of fromCookies) {
    const value = cookieOf(header('cookie'), name);
    if (value !== undefined) found.push({ text: value, header: '' });
  }
  return found.filter(({ text }) => text !== '');
}

function keysOf({ jwks, issuer }: JwtProvider): JWTVerifyGetKey {
  switch (jwks.kind) {
    case 'inline':
      return createLocalJWKSet(publicKeys(jwks.keys));
    case 'uri':
      return remoteKeys(jwks.uri, jwks.timeoutMs);
    case 'issuer':
      return discoveredKeys(issuer, jwks.timeoutMs);
  }
}

function remoteKeys(uri: string, timeoutMs: number): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(uri), {
    timeoutDuration: timeoutMs,
    cacheMaxAge: keysMaxAgeMs,
    cooldownDuration: keysCooldownMs,
  });
}

/** @see OpenID Connect Discovery 1.0 §4: the issuer says where its keys are */
function discoveredKeys(issuer: string, timeoutMs: number): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined;
  let failedAt = -Infinity;
  return async (header, token) => {
    if (keys === undefined) {
      if (performance.now() - failedAt < keysCooldownMs) throw new Error('the issuer could not be asked');
      try {
        keys = remoteKeys(await jwksUriOf(issuer, timeoutMs), timeoutMs);
      } catch (error) {
        failedAt = performance.now();
        throw error;
      }
    }
    return keys(header, token);
  };
}

async function jwksUriOf(issuer: string, timeoutMs: number): Promise<string> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  });
  const text = await response.text();
  if (!response.ok || text.length > maxDiscoveryBytes)
    throw new Error(`discovery answered ${response.status}`);
  const found: unknown = JSON.parse(text);
  if (
    typeof found === 'object' &&
    found !== null &&
    'jwks_uri' in found &&
    typeof found.jwks_uri === 'string'
  ) {
    return found.jwks_uri;
  }
  throw new Error('discovery names no jwks_uri');
}

/** A key set, or a lone key. Private parts that somebody left in are not used. */
function publicKeys(text: string): JSONWebKeySet {
  const read: unknown = JSON.parse(text);
  const keys: readonly unknown[] =
    typeof read === 'object' && read !== null && 'keys' in read && Array.isArray(read.keys)
      ? read.keys
      : [read];
  return {
    keys: keys
      .filter((key): key is Record<string, unknown> => typeof key === 'object' && key !== null)
      .map(({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, key_ops: _ops, ...rest }) => ({
        ...rest,
        kty: String(rest['kty']),
      })),
  };
}
