/** The login of a person at a provider, which a route asks for (authorization code flow). */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  formatHeader,
  type ProviderStep,
  providerStep,
  requestCommand,
  type RouteProvider,
} from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import type { LocalReply } from '../local-reply.ts';
import {
  LoginRefusedError,
  ProviderClient,
  ProviderUnavailableError,
  type Tokens,
} from '../oidc/provider-client.ts';
import { type Sealed, SealedCookies, TooLargeError } from '../oidc/sealed-cookies.ts';
import { accessDenied } from './authorize-request.ts';
import type { FilterContext } from './filter.ts';

interface Login {
  readonly exchange: Exchange;
  readonly provider: RouteProvider;
  readonly client: ProviderClient;
  readonly cookies: SealedCookies;
  readonly clientSecret: string;
  readonly now: number;
}

interface Session {
  readonly accessToken: string;
  readonly idToken: string;
}

/** Logins of one browser at once; the ones before are given up. */
const maxFlows = 5;
/** What a login leads back to has to fit into its cookie. */
const maxPathLength = 1500;
const noStore = ['cache-control', 'no-store'] as const;

/** Lets a request with a session pass, and leads everybody else to the provider and back. At once where there is a session. */
export function requireSession(
  exchange: Exchange,
  provider: RouteProvider,
  context: FilterContext,
): LocalReply | undefined | Promise<LocalReply | undefined> {
  const clientSecret = context.secrets.opaque(provider.clientSecret);
  const cookieKey = context.secrets.opaque(provider.cookieKey);
  // Nobody can log in: nobody is let in.
  if (clientSecret === undefined || cookieKey === undefined) return accessDenied(403);
  const { runtime } = context;
  const login: Login = {
    exchange,
    provider,
    client: clientOf(provider, () => runtime.monotonic()),
    cookies: cookiesOf(provider, cookieKey),
    clientSecret,
    now: runtime.now(),
  };
  const { requestHeaders: headers } = exchange;
  const step = providerStep(provider, {
    authority: exchange.authority,
    method: exchange.method,
    path: exchange.originalPath,
    scheme: exchange.scheme,
    header: (name) => headers.get(name),
  });
  if (step === 'pass') {
    if (provider.idTokenHeader !== '') headers.remove(provider.idTokenHeader);
    return undefined;
  }
  if (step !== 'callback' && step !== 'logout') {
    const session = sessionOf(login);
    if (session !== undefined) return enter(session, login);
  }
  return takeStep(step, login).catch((error: unknown) => failure(error, login, context));
}

function takeStep(step: Exclude<ProviderStep, 'pass'>, login: Login): Promise<LocalReply | undefined> {
  switch (step) {
    case 'callback':
      return comeBack(login);
    case 'logout':
      return leave(login);
    case 'session':
    case 'session-or-refuse':
      return renewOrLogIn(step, login);
  }
}

/** Who is logged in: both tokens, and of one login. */
function sessionOf({ exchange, provider, cookies, now }: Login): Session | undefined {
  const sent = exchange.requestHeaders.get('cookie');
  const access = cookies.open(sent, provider.cookies.accessToken, now);
  const id = access && cookies.open(sent, provider.cookies.idToken, now);
  return access !== undefined && id !== undefined && access['session'] === id['session']
    ? { accessToken: String(access['token']), idToken: String(id['token']) }
    : undefined;
}

/** Upstream, and what verifies tokens after this, sees the tokens as Envoy shows them: in clear, in the cookies of their names. */
function enter({ accessToken, idToken }: Session, { exchange, provider, cookies }: Login): undefined {
  const { requestHeaders: headers } = exchange;
  const others = (headers.get('cookie') ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '' && !cookies.isOwn(pair.split('=', 1)[0]?.trim() ?? ''));
  const own = [`${provider.cookies.accessToken}=${accessToken}`, `${provider.cookies.idToken}=${idToken}`];
  headers.set('cookie', [...others, ...own].join('; '));
  if (provider.forwardsAccessToken) headers.set('authorization', `Bearer ${accessToken}`);
  const header = provider.idTokenHeader;
  if (header !== '') headers.set(header, header === 'authorization' ? `Bearer ${idToken}` : idToken);
}

async function renewOrLogIn(
  step: 'session' | 'session-or-refuse',
  login: Login,
): Promise<LocalReply | undefined> {
  const renewed = login.provider.refreshes ? await renew(login) : undefined;
  if (renewed !== undefined) return enter(renewed, login);
  return step === 'session' ? sendToProvider(login) : refused('log in first');
}

/** @returns undefined when the provider does not renew the session: the person logs in again */
async function renew(login: Login): Promise<Session | undefined> {
  const { exchange, provider, client, cookies, clientSecret, now } = login;
  const sent = exchange.requestHeaders.get('cookie');
  const kept = cookies.open(sent, cookies.refreshName, now);
  const id = kept && cookies.open(sent, provider.cookies.idToken, now);
  if (kept === undefined || id === undefined || id['session'] !== kept['session']) return undefined;
  try {
    const tokens = await client.refresh(String(kept['token']), clientSecret);
    // OpenID Connect Core 1.0 §12.2: a new ID token is about the same person.
    if (tokens.idToken !== undefined) {
      const { subject } = await client.verify(tokens.idToken);
      if (subject !== kept['subject']) return undefined;
    }
    const session = { accessToken: tokens.accessToken, idToken: tokens.idToken ?? String(id['token']) };
    const refreshToken = tokens.refreshToken ?? String(kept['token']);
    exchange.sessionCookies = sessionCookies({ ...tokens, ...session, refreshToken }, login, {
      session: String(kept['session']),
      subject: String(kept['subject']),
    });
    return session;
  } catch (error) {
    if (error instanceof LoginRefusedError) return undefined;
    throw error;
  }
}

async function sendToProvider({ exchange, provider, client, cookies, now }: Login): Promise<LocalReply> {
  const url = new URL(await client.authorizationEndpoint());
  const [state, nonce, verifier] = [randomText(), randomText(), randomText()] as const;
  const { originalPath: path } = exchange;
  const parameters = {
    response_type: 'code',
    client_id: provider.clientId,
    redirect_uri: redirectUri(exchange, provider),
    scope: provider.scopes.join(' '),
    state,
    nonce,
    code_challenge: sha256(verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  for (const one of provider.resources) url.searchParams.append('resource', one);
  const flow: Sealed = {
    state,
    nonce,
    verifier,
    path: path.length > maxPathLength ? '/' : path,
    until: now + provider.loginTtlMs,
  };
  const before = flowNames(exchange, cookies);
  return redirect(url.href, [
    ...(before.length < maxFlows ? [] : before.map((name) => cookies.clearFlow(name))),
    cookies.writeFlow(cookies.flowName(shortName(state)), flow, now),
  ]);
}

/** The provider has sent the person back: with a code for the browser that it sent there, and for no other one. */
async function comeBack(login: Login): Promise<LocalReply> {
  const { exchange, provider, client, cookies, clientSecret, now } = login;
  const [, query = ''] = /\?(.*)$/s.exec(exchange.originalPath) ?? [];
  // What telemetry tells of this request must not hold the code.
  exchange.originalPath = provider.redirectPath;
  exchange.path = provider.redirectPath;
  const said = new URLSearchParams(query);
  const state = said.get('state') ?? '';
  const name = cookies.flowName(shortName(state));
  const flow = cookies.open(exchange.requestHeaders.get('cookie'), name, now);
  if (flow === undefined || !isSame(String(flow['state']), state)) {
    return refused('this browser has no such login under way');
  }
  const over = cookies.clearFlow(name);
  const code = said.get('code') ?? '';
  if (said.has('error') || code === '') return refused('the provider did not log anybody in', [over]);
  // RFC 9207: the answer is of another provider.
  if (said.has('iss') && said.get('iss') !== provider.issuer) {
    return refused('the login is of another provider', [over]);
  }
  const uri = redirectUri(exchange, provider);
  const tokens = await client.redeem(code, uri, String(flow['verifier']), clientSecret);
  if (tokens.idToken === undefined) throw new ProviderUnavailableError('it gave no ID token');
  const { subject, nonce } = await client.verify(tokens.idToken);
  if (typeof nonce !== 'string' || !isSame(nonce, String(flow['nonce']))) {
    throw new LoginRefusedError('the ID token is of another login');
  }
  const issued = { ...tokens, idToken: tokens.idToken };
  const written = sessionCookies(issued, login, { session: randomText(), subject });
  return goOn(localPath(String(flow['path']), provider), provider, [over, ...written]);
}

/** A browser sends no strict cookie on a way that began at the provider: the page that leads on begins a new one. */
function goOn(path: string, { cookies }: RouteProvider, written: readonly string[]): LocalReply {
  if (cookies.sameSite !== 'Strict') return redirect(path, written);
  const text = path.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  return {
    status: 200,
    flag: undefined,
    body: `<!doctype html><meta http-equiv="refresh" content="0;url=${text}"><a href="${text}">Continue</a>`,
    headers: [['content-type', 'text/html; charset=utf-8'], noStore, ...setCookies(written)],
  };
}

/** The session ends here whether the provider can be asked or not. */
async function leave({ exchange, provider, client, cookies }: Login): Promise<LocalReply> {
  const { accessToken, idToken } = provider.cookies;
  const cleared = [accessToken, idToken, cookies.refreshName].flatMap((name) => cookies.clear(name));
  const end = await client.endSessionEndpoint().catch(() => undefined);
  if (end === undefined) return redirect('/', cleared);
  const url = new URL(end);
  const id = cookies.open(exchange.requestHeaders.get('cookie'), idToken, 0);
  if (id !== undefined) url.searchParams.set('id_token_hint', String(id['token']));
  url.searchParams.set('client_id', provider.clientId);
  url.searchParams.set('post_logout_redirect_uri', `${exchange.scheme}://${exchange.authority}/`);
  return redirect(url.href, cleared);
}

/** @throws LoginRefusedError where nobody says how long tokens hold. @throws TooLargeError */
function sessionCookies(
  { accessToken, idToken, refreshToken, lifetimeMs }: Tokens & Session,
  { provider, cookies, now }: Login,
  of: { readonly session: string; readonly subject: string },
): string[] {
  const ttlMs = lifetimeMs ?? provider.tokenTtlMs;
  if (ttlMs === 0) throw new LoginRefusedError('the provider does not say how long its tokens hold');
  const until = now + ttlMs;
  const keeps = provider.refreshes && refreshToken !== undefined;
  const renewedUntil = now + provider.refreshTokenTtlMs;
  const write = (name: string, token: string, end: number) =>
    cookies.write(name, { ...of, token, until: end }, now);
  return [
    ...write(provider.cookies.accessToken, accessToken, until),
    ...write(provider.cookies.idToken, idToken, keeps ? Math.max(until, renewedUntil) : until),
    ...(keeps ? write(cookies.refreshName, refreshToken, renewedUntil) : cookies.clear(cookies.refreshName)),
  ];
}

function failure(error: unknown, { provider }: Login, { runtime }: FilterContext): LocalReply {
  const isRefused = error instanceof LoginRefusedError;
  if (!isRefused && !(error instanceof ProviderUnavailableError) && !(error instanceof TooLargeError)) {
    throw error;
  }
  const { name, message: why } = error;
  runtime.log('warn', 'nobody could be logged in', { provider: provider.name, error: name, why });
  if (isRefused) return refused('the login does not hold');
  const body =
    error instanceof TooLargeError
      ? 'the tokens of the provider do not fit into cookies'
      : 'the provider that people log in at cannot be reached';
  return { status: 503, flag: undefined, body, headers: [noStore] };
}

function refused(body: string, cookies: readonly string[] = []): LocalReply {
  return { status: 401, flag: undefined, body, headers: [noStore, ...setCookies(cookies)] };
}

function redirect(location: string, cookies: readonly string[]): LocalReply {
  const headers = [['location', location] as const, noStore, ...setCookies(cookies)];
  return { status: 302, flag: undefined, body: '', headers };
}

function setCookies(cookies: readonly string[]): (readonly [string, string])[] {
  return cookies.map((one) => ['set-cookie', one] as const);
}

/** A path of this host and of no other: `//host` would be one. Where the login itself is done leads nowhere. */
function localPath(path: string, { redirectPath, logoutPath }: RouteProvider): string {
  const local = path.replace(/^[/\\]*/, '/');
  const [bare] = local.split('?', 1);
  return bare === redirectPath || bare === logoutPath ? '/' : local;
}

function redirectUri(exchange: Exchange, { redirectUrl }: RouteProvider): string {
  const pseudo: Readonly<Record<string, string>> = {
    ':authority': exchange.authority,
    ':scheme': exchange.scheme,
  };
  return formatHeader(redirectUrl, (command, argument) =>
    requestCommand(command, argument, (name) => pseudo[name] ?? exchange.requestHeaders.get(name)),
  );
}

function flowNames({ requestHeaders }: Exchange, cookies: SealedCookies): string[] {
  const prefix = `${cookies.flowName('')}.`;
  return (requestHeaders.get('cookie') ?? '')
    .split(';')
    .map((pair) => pair.split('=', 1)[0]?.trim() ?? '')
    .filter((name) => name.startsWith(prefix) && /^[\w-]+$/.test(name.slice(prefix.length)));
}

function randomText(): string {
  return randomBytes(32).toString('base64url');
}

function shortName(state: string): string {
  return sha256(state).slice(0, 8);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function isSame(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(one)), Buffer.from(sha256(other)));
}

/** By the provider, which stays the same object as long as its chain does: what it said of itself outlives a push. */
const clients = new WeakMap<RouteProvider, ProviderClient>();

function clientOf(provider: RouteProvider, monotonic: () => number): ProviderClient {
  let client = clients.get(provider);
  if (client === undefined) clients.set(provider, (client = new ProviderClient(provider, monotonic)));
  return client;
}

const made = new WeakMap<RouteProvider, { readonly secret: string; readonly cookies: SealedCookies }>();

function cookiesOf(provider: RouteProvider, secret: string): SealedCookies {
  const known = made.get(provider);
  if (known?.secret === secret) return known.cookies;
  const cookies = new SealedCookies(provider, secret);
  made.set(provider, { secret, cookies });
  return cookies;
}
