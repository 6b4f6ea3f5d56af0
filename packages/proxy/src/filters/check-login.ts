import { createHash, timingSafeEqual } from 'node:crypto';
import { type PresentedLogin, presentedLogin, type RouteLogin } from '@heddle/traffic';
import type { Exchange } from '../exchange.ts';
import type { TlsSecrets } from '../identity/tls-secrets.ts';
import type { LocalReply } from '../local-reply.ts';

/** Refuses a request that brings no password or key that one of the secrets lists; tells the upstream whose it was. */
export function checkLogin(
  exchange: Exchange,
  login: RouteLogin,
  secrets: Pick<TlsSecrets, 'credentials'>,
): LocalReply | undefined {
  const { requestHeaders } = exchange;
  const presented = presentedLogin(login, {
    path: exchange.originalPath,
    header: (name) => requestHeaders.get(name),
  });
  const id = presented && idOf(login, presented, secrets);
  if (id === undefined) return refusal(exchange, login);
  if (login.forwardHeader !== '') requestHeaders.set(login.forwardHeader.toLowerCase(), id);
  if (login.sanitizes && presented?.place !== undefined) hide(exchange, presented.place);
  return undefined;
}

/** Every entry is looked at, so that the time says nothing of which one fits. */
function idOf(
  login: RouteLogin,
  { user, secret }: PresentedLogin,
  secrets: Pick<TlsSecrets, 'credentials'>,
): string | undefined {
  const value = login.kind === 'basic' ? createHash('sha1').update(secret).digest('base64') : secret;
  let found: string | undefined;
  for (const entry of login.secrets.flatMap((name) => secrets.credentials(name))) {
    const isSame = isEqual(entry.value, value);
    if (isSame && (user === undefined || isEqual(entry.id, user))) found ??= entry.id;
  }
  return found;
}

function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function refusal({ scheme, authority, path }: Exchange, { kind }: RouteLogin): LocalReply {
  if (kind === 'api-key') return { status: 401, flag: undefined, body: 'Client authentication failed.' };
  const realm = `${scheme}://${authority}${path.split('?', 1)[0]}`.replaceAll(/["\\]/g, '');
  return {
    status: 401,
    flag: undefined,
    body: 'User authentication failed.',
    headers: [['www-authenticate', `Basic realm="${realm}"`]],
  };
}

/** The upstream does not learn the key. */
function hide(exchange: Exchange, { kind, name }: RouteLogin['places'][number]): void {
  const { requestHeaders } = exchange;
  switch (kind) {
    case 'header':
      requestHeaders.remove(name.toLowerCase());
      break;
    case 'query':
      exchange.path = withoutParameter(exchange.path, name);
      break;
    case 'cookie': {
      const left = (requestHeaders.get('cookie') ?? '')
        .split(';')
        .filter((pair) => pair.split('=', 1)[0]?.trim() !== name)
        .join(';')
        .trim();
      if (left === '') requestHeaders.remove('cookie');
      else requestHeaders.set('cookie', left);
    }
  }
}

/** What else the query holds is left as it was written. */
function withoutParameter(path: string, name: string): string {
  const start = path.indexOf('?');
  if (start === -1) return path;
  const left = path
    .slice(start + 1)
    .split('&')
    .filter((part) => !new URLSearchParams(part).has(name))
    .join('&');
  return left === '' ? path.slice(0, start) : `${path.slice(0, start)}?${left}`;
}
