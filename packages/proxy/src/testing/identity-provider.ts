import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { type App, startApp } from './mesh.ts';

/** An OpenID provider that logs Ada in without asking; what it does wrong a test says. */
export interface IdentityProvider extends App {
  readonly issuer: string;
  /** Requests at the token endpoint, as they came. */
  readonly asked: { readonly form: URLSearchParams; readonly authorization: string }[];
  /** Overrides of the next tokens. */
  readonly faults: {
    claims?: JWTPayload;
    /** Signed by a key that the provider does not show. */
    isForged?: boolean;
    answer?: Record<string, unknown>;
    status?: number;
  };
}

export const client = { id: 'shop', secret: 'hush:hush' };

export async function startIdentityProvider(
  metadata: Record<string, unknown> = {},
): Promise<IdentityProvider> {
  const keys = await generateKeyPair('RS256');
  const otherKeys = await generateKeyPair('RS256');
  const codes = new Map<string, URLSearchParams>();
  const refreshTokens = new Set<string>();
  const asked: IdentityProvider['asked'] = [];
  const faults: IdentityProvider['faults'] = {};

  const tokens = async (nonce: string | null) => {
    const { claims, isForged = false, answer } = faults;
    const payload = { aud: client.id, sub: 'ada', ...(nonce === null ? {} : { nonce }), ...claims };
    const idToken = await new SignJWT(payload)
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(payload.iss ?? provider.issuer)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(isForged ? otherKeys.privateKey : keys.privateKey);
    const refreshToken = randomUUID();
    refreshTokens.add(refreshToken);
    return {
      access_token: `access-${randomUUID()}`,
      token_type: 'Bearer',
      expires_in: 60,
      id_token: idToken,
      refresh_token: refreshToken,
      ...answer,
    };
  };

  const grant = async (form: URLSearchParams): Promise<Record<string, unknown> | undefined> => {
    if (form.get('grant_type') === 'refresh_token') {
      return refreshTokens.delete(form.get('refresh_token') ?? '') ? tokens(null) : undefined;
    }
    const code = form.get('code') ?? '';
    const request = codes.get(code);
    codes.delete(code);
    const challenge = createHash('sha256').update(form.get('code_verifier') ?? '');
    const isGood =
      request !== undefined &&
      request.get('redirect_uri') === form.get('redirect_uri') &&
      request.get('code_challenge_method') === 'S256' &&
      request.get('code_challenge') === challenge.digest('base64url');
    return isGood ? tokens(request.get('nonce')) : undefined;
  };

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', provider.issuer);
    const answer = (status: number, json: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(json));
    };
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return answer(200, {
          issuer: provider.issuer,
          authorization_endpoint: `${provider.issuer}/authorize`,
          token_endpoint: `${provider.issuer}/token`,
          end_session_endpoint: `${provider.issuer}/end`,
          jwks_uri: `${provider.issuer}/keys`,
          ...metadata,
        });
      case '/keys':
        return answer(200, { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'RS256' }] });
      case '/authorize': {
        const code = randomUUID();
        codes.set(code, url.searchParams);
        const back = new URL(url.searchParams.get('redirect_uri') ?? '');
        back.searchParams.set('code', code);
        back.searchParams.set('state', url.searchParams.get('state') ?? '');
        response.writeHead(302, { location: back.href });
        response.end();
        return undefined;
      }
      case '/token': {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(Buffer.from(chunk));
        const form = new URLSearchParams(Buffer.concat(chunks).toString());
        const { authorization = '' } = request.headers;
        asked.push({ form, authorization });
        const basic = `Basic ${Buffer.from('shop:hush%3Ahush').toString('base64')}`;
        const isClient =
          authorization === basic ||
          (form.get('client_id') === client.id && form.get('client_secret') === client.secret);
        if (faults.status !== undefined) return answer(faults.status, {});
        const granted = isClient ? await grant(form) : undefined;
        return granted === undefined ? answer(400, { error: 'invalid_grant' }) : answer(200, granted);
      }
      default:
        return answer(404, {});
    }
  };

  const app = await startApp((request, response) => {
    void serve(request, response);
  });
  const provider: IdentityProvider = Object.assign(app, {
    issuer: `http://127.0.0.1:${app.port}`,
    asked,
    faults,
  });
  return provider;
}
