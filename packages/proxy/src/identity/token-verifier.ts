/** Tokens of callers (RFC 7519), verified with the keys of the issuers that a workload trusts. */
import { cookieOf, isForAudience, type JwtProvider, normalizeClaims } from '@heddle/traffic';
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
  /** `others`: of further providers whose tokens have to be there. */
  | { readonly kind: 'valid'; readonly token: VerifiedToken; readonly others: readonly VerifiedToken[] }
  | { readonly kind: 'refused'; readonly status: 401 | 403; readonly why: string };

export interface VerifiedToken {
  readonly provider: JwtProvider;
  /** Lists that are written with spaces are lists. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** As they stand in the token. */
  readonly written: Readonly<Record<string, unknown>>;
  /** The payload as it stands in the token, base64url. */
  readonly payload: string;
  /** Where the tokens of its provider were. */
  readonly places: readonly TokenPlace[];
}

export interface TokenPlace {
  readonly kind: 'header' | 'param' | 'cookie';
  readonly name: string;
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
  readonly place: TokenPlace;
}

interface TrustedIssuer {
  readonly provider: JwtProvider;
  readonly keys: JWTVerifyGetKey;
}

interface Brought extends TrustedIssuer {
  readonly found: readonly Found[];
}

type Refusal = Extract<TokenVerdict, { kind: 'refused' }>;

const missing: Refusal = { kind: 'refused', status: 401, why: 'Jwt is missing' };

export class TokenVerifier {
  readonly #issuers: readonly TrustedIssuer[];
  /** None of them where a token of any provider will do. */
  readonly #needed: readonly JwtProvider[];
  readonly #isRequired: boolean;
  readonly #remembered = new Map<string, Omit<VerifiedToken, 'places'>>();

  /** @param requiredIs of a provider that is required: a token of any of the providers has to be there, or one of that very provider */
  constructor(providers: readonly JwtProvider[], requiredIs: 'any' | 'each' = 'any') {
    const required = providers.filter((provider) => provider.required);
    this.#issuers = providers.map((provider) => ({ provider, keys: keysOf(provider) }));
    this.#needed = requiredIs === 'each' ? required : [];
    this.#isRequired = required.length > 0;
  }

  /** Headers that only a verified token may fill: what a client sends in them is not heeded. */
  *ownHeaders(): Iterable<string> {
    for (const { provider } of this.#issuers) {
      if (provider.payloadHeader !== '') yield provider.payloadHeader.toLowerCase();
      for (const { header } of provider.claimToHeaders) yield header.toLowerCase();
    }
  }

  /**
   * The first provider decides all of whose tokens hold; with none, the request is refused if it brought a token at all.
   * At once where the tokens are known already.
   */
  verify(request: TokenRequest): TokenVerdict | Promise<TokenVerdict> {
    const brought = this.#issuers
      .map((issuer) => ({ ...issuer, found: tokensOf(issuer.provider, request) }))
      .filter(({ found }) => found.length > 0);
    if (this.#needed.some((one) => !brought.some(({ provider }) => provider === one))) return missing;
    if (brought.length === 0) return this.#isRequired ? missing : { kind: 'none' };
    return this.#verdictOn(this.#heldFor(brought)) ?? this.#verifyAll(brought);
  }

  /** Up to the first that has to be verified: whose claims count must not depend on what is remembered. */
  #heldFor(brought: readonly Brought[]): VerifiedToken[] {
    const held: VerifiedToken[] = [];
    for (const one of brought) {
      const token = this.#known(one);
      if (token === undefined) break;
      held.push(token);
    }
    return held;
  }

  /** @returns undefined where that is not enough */
  #verdictOn(held: readonly VerifiedToken[]): TokenVerdict | undefined {
    const [token] = held;
    if (token === undefined) return undefined;
    if (this.#needed.length === 0) return { kind: 'valid', token, others: [] };
    const isEnough = this.#needed.every((one) => held.some(({ provider }) => provider === one));
    return isEnough ? { kind: 'valid', token, others: held.slice(1) } : undefined;
  }

  #known({ provider, found }: Brought): VerifiedToken | undefined {
    const known = found.map(({ text }) => this.#remembered.get(text));
    const last = known.at(-1);
    return last !== undefined &&
      known.every((one) => one !== undefined && one.provider === provider && isInTime(one.written))
      ? { ...last, places: found.map(({ place }) => place) }
      : undefined;
  }

  async #verifyAll(brought: readonly Brought[]): Promise<TokenVerdict> {
    let refused: Refusal = { kind: 'refused', status: 401, why: 'Jwt issuer is not configured' };
    const held: VerifiedToken[] = [];
    for (const one of brought) {
      try {
        held.push(...(await this.#verified(one)));
      } catch (error) {
        refused = refusalOf(error, refused);
      }
      const verdict = this.#verdictOn(held);
      if (verdict !== undefined) return verdict;
    }
    return refused;
  }

  /** All tokens at the places of a provider have to hold, and the last one speaks: a good one must not cover for a bad one. */
  async #verified({ provider, keys, found }: Brought): Promise<VerifiedToken[]> {
    const places = found.map(({ place }) => place);
    const tokens: VerifiedToken[] = [];
    for (const { text } of found) {
      const written = await verified(text, provider, keys);
      const claims = normalizeClaims(written, provider.spaceDelimitedClaims);
      const token = { provider, claims, written, payload: text.split('.')[1] ?? '' };
      this.#remember(text, token);
      tokens.push({ ...token, places });
    }
    return tokens.slice(-1);
  }

  #remember(text: string, token: Omit<VerifiedToken, 'places'>): void {
    if (this.#remembered.size >= maxRemembered) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.set(text, token);
  }
}

async function verified(text: string, provider: JwtProvider, keys: JWTVerifyGetKey): Promise<JWTPayload> {
  const options = {
    algorithms,
    clockTolerance: clockSkewSeconds,
    ...(provider.issuer === '' ? {} : { issuer: provider.issuer }),
  };
  try {
    return wellFormed((await jwtVerify(text, keys, options)).payload, provider);
  } catch (error) {
    // Without a key id every key that fits is tried.
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return wellFormed((await jwtVerify(text, key, options)).payload, provider);
      } catch (reason) {
        if (!(reason instanceof errors.JWSSignatureVerificationFailed)) throw reason;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** RFC 7519 §4.1: names are text, audiences text or a list of it; and the token is for one of the provider's audiences. */
function wellFormed(payload: JWTPayload, { audiences }: JwtProvider): JWTPayload {
  const { sub, jti, aud }: Readonly<Record<string, unknown>> = payload;
  const malformed = (claim: string) =>
    new errors.JWTClaimValidationFailed('not text', payload, claim, 'invalid');
  if (sub !== undefined && typeof sub !== 'string') throw malformed('sub');
  if (jti !== undefined && typeof jti !== 'string') throw malformed('jti');
  if (aud !== undefined && ![aud].flat().every((one) => typeof one === 'string')) throw malformed('aud');
  if (isForAudience(payload, audiences)) return payload;
  throw new errors.JWTClaimValidationFailed('another audience', payload, 'aud', 'check_failed');
}

/** In the words of Envoy's filter, which operators know. What is wrong with a token of another issuer tells the least. */
function refusalOf(error: unknown, before: Refusal): Refusal {
  const refused = (why: string, status: 401 | 403 = 401): Refusal => ({ kind: 'refused', status, why });
  if (error instanceof errors.JWTExpired) return refused('Jwt is expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error;
    if (claim === 'iss') return before;
    if (reason === 'invalid') {
      const expected = { sub: 'a string', jti: 'a string', aud: 'a string or string list' }[claim];
      return refused(`Jwt payload [${claim}] field is not ${expected ?? 'an integer'}`);
    }
    if (claim === 'aud') return refused('Audiences in Jwt are not allowed', 403);
    if (claim === 'nbf') return refused('Jwt not yet valid');
    return refused(`Jwt is not valid: ${claim}`);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return refused('Jwt verification fails');
  if (error instanceof errors.JWKSNoMatchingKey) {
    return refused("Jwks doesn't have key to match kid or alg from Jwt");
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
  const add = (kind: TokenPlace['kind'], name: string, text: string | undefined) => {
    if (text !== undefined) found.push({ text, place: { kind, name } });
  };
  for (const { name, prefix } of hasPlaces ? fromHeaders : [{ name: 'authorization', prefix: 'Bearer ' }]) {
    const field = name.toLowerCase();
    add('header', field, textBehind(prefix, header(field)));
  }
  const start = path.indexOf('?');
  if (start !== -1) {
    const query = new URLSearchParams(path.slice(start + 1));
    for (const name of hasPlaces ? fromParams : ['access_token']) {
      add('param', name, query.get(name) ?? undefined);
    }
  }
  for (const name of fromCookies) add('cookie', name, cookieOf(header('cookie'), name));
  return found;
}

/** A prefix may stand behind other credentials; the token goes on to the next space. As measured in Envoy 1.40. */
function textBehind(prefix: string, value: string | undefined): string | undefined {
  if (value === undefined || prefix === '') return value;
  const at = value.indexOf(prefix);
  return at === -1
    ? undefined
    : value
        .slice(at + prefix.length)
        .trimStart()
        .split(' ', 1)[0];
}

function keysOf({ jwks, issuer }: JwtProvider): JWTVerifyGetKey {
  switch (jwks.kind) {
    case 'inline':
      return localKeys(publicKeys(jwks.keys));
    case 'uri':
      return remoteKeys(jwks.uri, jwks.timeoutMs);
    case 'issuer':
      return discoveredKeys(issuer, jwks.timeoutMs);
  }
}

/** A key without an id is for tokens of any id. */
function localKeys({ keys }: JSONWebKeySet): JWTVerifyGetKey {
  const named = createLocalJWKSet({ keys });
  const nameless = createLocalJWKSet({ keys: keys.filter(({ kid }) => kid === undefined) });
  return (header, token) =>
    named(header, token).catch((error: unknown) => {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const { kid: _kid, ...rest } = header;
      return nameless(rest, token);
    });
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
