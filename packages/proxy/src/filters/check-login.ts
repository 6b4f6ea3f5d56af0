import { createHash } from 'node:crypto';
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

function idOf(
  { kind, secrets: names }: RouteLogin,
  { user, secret }: PresentedLogin,
  secrets: Pick<TlsSecrets, 'credentials'>,
): string | undefined {
  const wanted = digestOf(kind, user ?? '', kind === 'basic' ? sha1(secret) : secret);
  for (const name of names) {
    const id = tableOf(kind, secrets.credentials(name)).get(wanted);
    if (id !== undefined) return id;
  }
  return undefined;
}

type Entries = ReturnType<TlsSecrets['credentials']>;

/** Looked up by digests: how long that takes says nothing of what is listed. A list is read once. */
const tables = new WeakMap<Entries, Map<string, string>>();

function tableOf(kind: RouteLogin['kind'], entries: Entries): ReadonlyMap<string, string> {
  let table = tables.get(entries);
  if (table === undefined) {
    table = new Map(entries.map(({ id, value }) => [digestOf(kind, id, value), id]));
    tables.set(entries, table);
  }
  return table;
}

/** A key is enough by itself; a password is of somebody. */
function digestOf(kind: RouteLogin['kind'], user: string, value: string): string {
  return createHash('sha256')
    .update(kind === 'basic' ? `${user}:${value}` : value)
    .digest('base64');
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('base64');
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
