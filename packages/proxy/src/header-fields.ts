import type { HeaderMutation } from '@heddle/traffic';

/**
 * The fields of one message in the order in which they came, names in lower case.
 *
 * Repeated fields stay apart: joining `set-cookie` by commas would corrupt it.
 */
export class HeaderFields {
  #flat: string[];

  private constructor(flat: string[]) {
    this.#flat = flat;
  }

  /** @param raw name, value, name, value ... as `IncomingMessage.rawHeaders` holds them */
  static fromRaw(raw: readonly string[]): HeaderFields {
    return new HeaderFields(raw.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text)));
  }

  clone(): HeaderFields {
    return new HeaderFields(this.#flat.slice());
  }

  /** All values of a field joined by commas (RFC 9110 §5.3), cookies by semicolons (RFC 9113 §8.2.3); or undefined. @param name lower case */
  get(name: string): string | undefined {
    let joined: string | undefined;
    for (const [field, value] of this) {
      if (field !== name) continue;
      joined = joined === undefined ? value : joined + (name === 'cookie' ? '; ' : ',') + value;
    }
    return joined;
  }

  /** Each value by itself. @param name lower case */
  values(name: string): string[] {
    const values: string[] = [];
    for (const [field, value] of this) if (field === name) values.push(value);
    return values;
  }

  /** How often a field occurs. */
  count(name: string): number {
    let n = 0;
    for (const [field] of this) if (field === name) n++;
    return n;
  }

  set(name: string, value: string): void {
    this.remove(name);
    this.#flat.push(name, value);
  }

  add(name: string, value: string): void {
    this.#flat.push(name, value);
  }

  remove(name: string): void {
    this.removeWhere((field) => field === name);
  }

  removeWhere(isUnwanted: (name: string) => boolean): void {
    const kept: string[] = [];
    for (const [name, value] of this) if (!isUnwanted(name)) kept.push(name, value);
    this.#flat = kept;
  }

  /**
   * A value that comes out empty is not written.
   * @param valueOf what a value of the mutation means for the request
   */
  apply(mutation: HeaderMutation, valueOf: (format: string) => string): void {
    const written = (fields: HeaderMutation['set']) =>
      fields
        .map(({ name, value }) => ({ name: name.toLowerCase(), value: valueOf(value), format: value }))
        .filter(({ value, format }) => value !== '' || format === '');
    for (const name of mutation.remove) this.remove(name.toLowerCase());
    const set = written(mutation.set);
    const add = written(mutation.add);
    for (const { name, value } of set) this.set(name, value);
    for (const { name, value } of add) this.add(name, value);
  }

  get size(): number {
    return this.#flat.length / 2;
  }

  /** name, value, name, value ... as `http.request` and `writeHead` take them. */
  toFlat(): string[] {
    return this.#flat.slice();
  }

  *[Symbol.iterator](): Generator<readonly [string, string]> {
    for (let i = 0; i + 1 < this.#flat.length; i += 2) {
      yield [this.#flat[i] ?? '', this.#flat[i + 1] ?? ''];
    }
  }
}

const hopByHop = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
  'proxy-authenticate',
  'proxy-authorization',
]);

/** Fields that frame or address the message: a `Connection` option may not make us forget them (request smuggling). */
const neverNominated = new Set(['host', 'content-length', 'x-forwarded-for', 'x-forwarded-proto']);

/** Removes what concerns this connection only. @see RFC 9110 §7.6.1 */
export function removeHopByHop(headers: HeaderFields): void {
  const acceptsTrailers = tokensOf(headers.get('te')).includes('trailers');
  const nominated = new Set(tokensOf(headers.get('connection')).filter((name) => !neverNominated.has(name)));
  headers.removeWhere((name) => hopByHop.has(name) || nominated.has(name));
  // A gRPC server asks for it, and it holds for this proxy as well: trailers are passed on.
  if (acceptsTrailers) headers.set('te', 'trailers');
}

/** `a, B` -> `['a', 'b']`. */
export function tokensOf(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((token) => token.trim().toLowerCase())
    .filter((token) => token !== '');
}
