import type { RouteLogin } from './ir/index.ts';
import { cookieOf } from './request-hash.ts';

/** The parts of a request in which it says who it comes from. */
export interface LoginRequest {
  /** With its query. */
  readonly path: string;
  /** @param name lower case */
  header(name: string): string | undefined;
}

/** What a request brings to come in. */
export interface PresentedLogin {
  /** The name of the user; a key has none. */
  readonly user?: string;
  /** The password or the key. */
  readonly secret: string;
  /** Where the key was found. */
  readonly place?: RouteLogin['places'][number];
}

/** @returns undefined when it brings nothing, or nothing that can be read */
export function presentedLogin(login: RouteLogin, request: LoginRequest): PresentedLogin | undefined {
  if (login.kind === 'basic') return basicLogin(request.header('authorization'));
  for (const place of login.places) {
    const secret = keyAt(place, request);
    if (secret !== undefined && secret !== '') return { secret, place };
  }
  return undefined;
}

/** @see RFC 7617 §2 */
function basicLogin(header: string | undefined): PresentedLogin | undefined {
  const [, encoded] = /^basic +([\w+/]+=*) *$/i.exec(header ?? '') ?? [];
  if (encoded === undefined) return undefined;
  const bytes = decoded(encoded);
  const colon = bytes?.indexOf(':') ?? -1;
  if (bytes === undefined || colon === -1) return undefined;
  return { user: bytes.slice(0, colon), secret: bytes.slice(colon + 1) };
}

function decoded(encoded: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Of a header `Bearer` is taken off (Envoy). */
function keyAt(
  { kind, name }: RouteLogin['places'][number],
  { path, header }: LoginRequest,
): string | undefined {
  switch (kind) {
    case 'header':
      return header(name.toLowerCase())?.replace(/^Bearer /, '');
    case 'query': {
      const start = path.indexOf('?');
      return start === -1 ? undefined : (new URLSearchParams(path.slice(start + 1)).get(name) ?? undefined);
    }
    case 'cookie':
      return cookieOf(header('cookie'), name);
  }
}
