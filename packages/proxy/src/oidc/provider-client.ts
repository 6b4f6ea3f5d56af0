/**
 * A gateway as the client of a provider: what the provider says of itself, and tokens for codes.
 * @see OpenID Connect Core 1.0 and Discovery 1.0; RFC 7636 (PKCE)
 */
import { createHash } from 'node:crypto';
import { isProviderUrl, type RouteProvider } from '@heddle/traffic';
import { TokenVerifier } from '../identity/token-verifier.ts';

/** The provider cannot be reached, or what it says makes no sense. The message holds no token. */
export class ProviderUnavailableError extends Error {
  override readonly name = 'ProviderUnavailableError';
}

/** The provider does not vouch for the person: a code or a token that does not hold. */
export class LoginRefusedError extends Error {
  override readonly name = 'LoginRefusedError';
}

export interface Tokens {
  readonly accessToken: string;
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** undefined: the provider does not say it. */
  readonly lifetimeMs: number | undefined;
}

/** The person whom an ID token is about. */
export interface Subject {
  readonly subject: string;
  readonly nonce: unknown;
}

interface Metadata {
  readonly issuer: string;
  readonly authorizationEndpoint: string | undefined;
  readonly tokenEndpoint: string | undefined;
  readonly endSessionEndpoint: string | undefined;
  readonly authenticatesByPost: boolean;
  readonly verifier: TokenVerifier;
}

/** Envoy Gateway's, for the token endpoint. */
const timeoutMs = 10_000;
const maxAnswerBytes = 256 * 1024;
/** As long as keys are: a provider that moves is found again. */
const metadataMaxAgeMs = 20 * 60_000;
const cooldownMs = 5000;
/** Pages load many things at once: whoever comes with the same refresh token meanwhile gets the same answer. */
const refreshSharedMs = 10_000;
const maxShared = 1000;

export class ProviderClient {
  readonly #provider: RouteProvider;
  readonly #monotonic: () => number;
  #metadata: { readonly value: Metadata; readonly at: number } | undefined;
  #asking: Promise<Metadata> | undefined;
  #failedAt = -Infinity;
  readonly #refreshes = new Map<string, { readonly tokens: Promise<Tokens>; readonly at: number }>();

  constructor(provider: RouteProvider, monotonic: () => number) {
    this.#provider = provider;
    this.#monotonic = monotonic;
  }

  async authorizationEndpoint(): Promise<string> {
    return (
      this.#provider.authorizationEndpoint ??
      known('authorization_endpoint', (await this.#discovered()).authorizationEndpoint)
    );
  }

  /** As in Envoy Gateway the issuer is asked for it where it is asked for another one. */
  async endSessionEndpoint(): Promise<string | undefined> {
    const { authorizationEndpoint, tokenEndpoint, endSessionEndpoint } = this.#provider;
    const isSaid = authorizationEndpoint !== undefined && tokenEndpoint !== undefined;
    return endSessionEndpoint ?? (isSaid ? undefined : (await this.#discovered()).endSessionEndpoint);
  }

  redeem(code: string, redirectUri: string, codeVerifier: string, clientSecret: string): Promise<Tokens> {
    return this.#askForTokens(
      { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: codeVerifier },
      clientSecret,
    );
  }

  refresh(refreshToken: string, clientSecret: string): Promise<Tokens> {
    const now = this.#monotonic();
    const key = createHash('sha256').update(refreshToken).digest('base64');
    const shared = this.#refreshes.get(key);
    if (shared !== undefined && now - shared.at < refreshSharedMs) return shared.tokens;
    for (const [name, { at }] of this.#refreshes) {
      if (now - at < refreshSharedMs && this.#refreshes.size < maxShared) break;
      this.#refreshes.delete(name);
    }
    const tokens = this.#askForTokens(
      { grant_type: 'refresh_token', refresh_token: refreshToken },
      clientSecret,
    );
    this.#refreshes.set(key, { tokens, at: now });
    tokens.catch(() => this.#refreshes.delete(key));
    return tokens;
  }

  /** @see OpenID Connect Core 1.0 §3.1.3.7. @throws LoginRefusedError for a token that does not hold */
  async verify(idToken: string): Promise<Subject> {
    const { verifier } = await this.#discovered();
    const verdict = await verifier.verify({ header: () => idToken, path: '' });
    if (verdict.kind !== 'valid') {
      const why = verdict.kind === 'refused' ? verdict.why : 'no token';
      throw why.startsWith('Jwks') ? new ProviderUnavailableError(why) : new LoginRefusedError(why);
    }
    const { sub, aud, azp, exp, nonce } = verdict.token.claims;
    const { clientId } = this.#provider;
    if (typeof sub !== 'string' || typeof exp !== 'number')
      throw new LoginRefusedError('the ID token lacks sub or exp');
    const isOurs = azp === undefined ? [aud].flat().length === 1 : azp === clientId;
    if (!isOurs) throw new LoginRefusedError('the ID token is for another client');
    return { subject: sub, nonce };
  }

  async #askForTokens(form: Readonly<Record<string, string>>, clientSecret: string): Promise<Tokens> {
    const { authenticatesByPost, tokenEndpoint } = await this.#discovered();
    const url = this.#provider.tokenEndpoint?.url ?? known('token_endpoint', tokenEndpoint);
    const { clientId } = this.#provider;
    const body = new URLSearchParams(form);
    for (const one of this.#provider.resources) body.append('resource', one);
    const headers: Record<string, string> = { accept: 'application/json' };
    if (authenticatesByPost) {
      body.set('client_id', clientId);
      body.set('client_secret', clientSecret);
    } else {
      // RFC 6749 §2.3.1: both are encoded as in a form before they are joined.
      const [id, secret] = [clientId, clientSecret].map((one) =>
        new URLSearchParams({ '': one }).toString().slice(1),
      );
      headers['authorization'] = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
    }
    const { status, json } = await ask(url, { method: 'POST', headers, body });
    if (status >= 500) throw new ProviderUnavailableError(`the token endpoint answered ${status}`);
    if (status !== 200) throw new LoginRefusedError(`the token endpoint answered ${status}`);
    return tokensIn(json);
  }

  /** One question at a time; what was known before is used as long as nothing newer is. */
  async #discovered(): Promise<Metadata> {
    const now = this.#monotonic();
    const before = this.#metadata;
    if (before !== undefined && now - before.at < metadataMaxAgeMs) return before.value;
    if (now - this.#failedAt < cooldownMs) {
      if (before !== undefined) return before.value;
      throw new ProviderUnavailableError('the issuer did not say where its endpoints are');
    }
    this.#asking ??= this.#discover().finally(() => (this.#asking = undefined));
    try {
      return await this.#asking;
    } catch (error) {
      this.#failedAt = this.#monotonic();
      if (before !== undefined) return before.value;
      throw error;
    }
  }

  async #discover(): Promise<Metadata> {
    const { issuer, clientId, from } = this.#provider;
    const { status, json } = await ask(`${trimmed(issuer)}/.well-known/openid-configuration`, {});
    if (status !== 200) throw new ProviderUnavailableError(`discovery answered ${status}`);
    const said = text(json, 'issuer') ?? '';
    // Discovery 1.0 §4.3: who answers for an issuer has to be that issuer.
    if (trimmed(said) !== trimmed(issuer)) {
      throw new ProviderUnavailableError('discovery speaks for another issuer');
    }
    const methods: unknown = memberOf(json, 'token_endpoint_auth_methods_supported');
    const value: Metadata = {
      issuer: said,
      authorizationEndpoint: endpoint(json, 'authorization_endpoint'),
      tokenEndpoint: endpoint(json, 'token_endpoint'),
      endSessionEndpoint: endpoint(json, 'end_session_endpoint'),
      // Without a list it is client_secret_basic (Discovery 1.0 §3).
      authenticatesByPost: Array.isArray(methods) && methods.includes('client_secret_post'),
      verifier: new TokenVerifier([
        {
          issuer: said,
          audiences: [clientId],
          jwks: { kind: 'uri', uri: known('jwks_uri', endpoint(json, 'jwks_uri')), timeoutMs },
          fromHeaders: [{ name: 'id-token', prefix: '' }],
          fromParams: [],
          fromCookies: [],
          forwardToken: false,
          payloadHeader: '',
          claimToHeaders: [],
          spaceDelimitedClaims: [],
          required: true,
          from,
        },
      ]),
    };
    this.#metadata = { value, at: this.#monotonic() };
    return value;
  }
}

function tokensIn(json: unknown): Tokens {
  const accessToken = text(json, 'access_token');
  if (accessToken === undefined || accessToken === '') {
    throw new ProviderUnavailableError('the token endpoint gave no access token');
  }
  if (!/^bearer$/i.test(text(json, 'token_type') ?? 'bearer')) {
    throw new ProviderUnavailableError('the token endpoint gave a token that is no bearer token');
  }
  const seconds = Number(memberOf(json, 'expires_in'));
  return {
    accessToken,
    idToken: text(json, 'id_token'),
    refreshToken: text(json, 'refresh_token'),
    lifetimeMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
  };
}

/** Redirects are not followed: they would lead codes and secrets elsewhere. */
async function ask(
  url: string,
  init: RequestInit,
): Promise<{ readonly status: number; readonly json: unknown }> {
  try {
    const response = await fetch(url, {
      ...init,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxAnswerBytes) throw new Error(`more than ${maxAnswerBytes} bytes`);
      chunks.push(chunk);
    }
    const { status } = response;
    const json: unknown = status === 200 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined;
    return { status, json };
  } catch (cause) {
    const { origin, pathname } = new URL(url);
    throw new ProviderUnavailableError(`${origin}${pathname} could not be asked`, { cause });
  }
}

function endpoint(json: unknown, name: string): string | undefined {
  const url = text(json, name);
  if (url !== undefined && !isProviderUrl(url)) {
    throw new ProviderUnavailableError(`${name} of the issuer is no https:// URL`);
  }
  return url;
}

function known(name: string, url: string | undefined): string {
  if (url === undefined) throw new ProviderUnavailableError(`the issuer names no ${name}`);
  return url;
}

function text(json: unknown, name: string): string | undefined {
  const value = memberOf(json, name);
  return typeof value === 'string' ? value : undefined;
}

function memberOf(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined;
}

function trimmed(issuer: string): string {
  return issuer.replace(/\/$/, '');
}
