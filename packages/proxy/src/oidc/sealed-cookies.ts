/** Cookies that only this gateway, and those that share its secrets, can write and read. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { cookieOf, type RouteProvider } from '@heddle/traffic';

/** What a cookie holds. */
export interface Sealed {
  readonly [member: string]: string | number;
  /** Unix milliseconds; afterwards it holds nothing. */
  readonly until: number;
}

/** Browsers keep 4096 bytes of a cookie with its name and attributes (RFC 6265 §6.1). */
const maxPartLength = 3500;
const maxParts = 4;
/** A head of a request is at most 32 KiB, and Node's clients take 16 KiB. */
const maxCookieLength = 12_000;

/** A provider's tokens do not fit into cookies. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

export class SealedCookies {
  readonly #provider: RouteProvider;
  readonly #key: Buffer;

  /** @param secret of the provider's `cookieKey` */
  constructor(provider: RouteProvider, secret: string) {
    this.#provider = provider;
    const use = JSON.stringify([provider.name, provider.issuer, provider.clientId]);
    this.#key = Buffer.from(hkdfSync('sha256', secret, 'heddle sealed cookies', use, 32));
  }

  /** @param cookie the `Cookie` header. @returns undefined where it is not there, was made by others, or is over */
  open(cookie: string | undefined, name: string, now: number): Sealed | undefined {
    let text = cookieOf(cookie, name);
    if (text === undefined) return undefined;
    for (let i = 1; i < maxParts; i++) text += cookieOf(cookie, partName(name, i)) ?? '';
    const sealed = this.#unsealed(text, name);
    return sealed !== undefined && now < sealed.until ? sealed : undefined;
  }

  /** `Set-Cookie` fields: what was there before in more parts goes away. @throws TooLargeError */
  write(name: string, sealed: Sealed, now: number): string[] {
    const text = this.#sealed(sealed, name);
    if (text.length > maxCookieLength) throw new TooLargeError(`${text.length} bytes`);
    const maxAge = Math.max(0, Math.floor((sealed.until - now) / 1000));
    return Array.from({ length: maxParts }, (_, i) => {
      const part = text.slice(i * maxPartLength, (i + 1) * maxPartLength);
      return this.#field(partName(name, i), part, part === '' ? 0 : maxAge, this.#sameSite);
    });
  }

  /** The cookie of one login, which is short and comes back from another site. */
  writeFlow(name: string, sealed: Sealed, now: number): string {
    const maxAge = Math.max(1, Math.floor((sealed.until - now) / 1000));
    return this.#field(name, this.#sealed(sealed, name), maxAge, this.#flowSameSite);
  }

  clear(name: string): string[] {
    return Array.from({ length: maxParts }, (_, i) => this.#field(partName(name, i), '', 0, this.#sameSite));
  }

  clearFlow(name: string): string {
    return this.#field(name, '', 0, this.#flowSameSite);
  }

  /** Of the login that this begins the state of. */
  flowName(state: string): string {
    return `OauthNonce-${this.#provider.cookies.suffix}${state === '' ? '' : `.${state}`}`;
  }

  /** Whether a cookie is one of ours: upstream has no use for it. */
  isOwn(cookieName: string): boolean {
    const { accessToken, idToken } = this.#provider.cookies;
    const base = cookieName.replace(/\.[^.]*$/, '');
    return [accessToken, idToken, this.refreshName, this.flowName('')].some(
      (one) => one === cookieName || one === base,
    );
  }

  get refreshName(): string {
    return `RefreshToken-${this.#provider.cookies.suffix}`;
  }

  get #sameSite(): string {
    return this.#provider.cookies.sameSite ?? 'Lax';
  }

  /** A strict cookie would not come back from the provider, whose site is another one. */
  get #flowSameSite(): string {
    return this.#provider.cookies.sameSite === 'None' ? 'None' : 'Lax';
  }

  #field(name: string, value: string, maxAge: number, sameSite: string): string {
    const { domain } = this.#provider.cookies;
    const where = domain === '' ? '' : `; Domain=${domain}`;
    return `${name}=${value}; Path=/; Max-Age=${maxAge}${where}; Secure; HttpOnly; SameSite=${sameSite}`;
  }

  /** The name is a part of what is sealed: no cookie stands for another one. */
  #sealed(value: Sealed, name: string): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(Buffer.from(name));
    const text = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url');
  }

  #unsealed(text: string, name: string): Sealed | undefined {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length <= 28) return undefined;
    try {
      const cipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, 12), { authTagLength: 16 })
        .setAAD(Buffer.from(name))
        .setAuthTag(bytes.subarray(12, 28));
      const plain = Buffer.concat([cipher.update(bytes.subarray(28)), cipher.final()]);
      const read: unknown = JSON.parse(plain.toString('utf8'));
      return isSealed(read) ? read : undefined;
    } catch {
      // Forged, or of another key: the person logs in again.
      return undefined;
    }
  }
}

function partName(name: string, i: number): string {
  return i === 0 ? name : `${name}.${i}`;
}

function isSealed(value: unknown): value is Sealed {
  return (
    typeof value === 'object' &&
    value !== null &&
    'until' in value &&
    typeof value.until === 'number' &&
    Object.values(value).every((one) => typeof one === 'string' || typeof one === 'number')
  );
}
