/**
 * Reads Envoy's JSON field by field and knows where it is, so that an error says `virtualHosts[0].routes[2].match: ...`.
 *
 * An absent field reads as proto3's default, as everywhere in protobuf.
 */
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';

export class FieldError extends Error {}

export class FieldReader {
  readonly path: string;
  readonly #value: JsonValue | undefined;

  constructor(value: JsonValue | undefined, path: string) {
    this.#value = value;
    this.path = path;
  }

  get isPresent(): boolean {
    return this.#value !== undefined && this.#value !== null;
  }

  fail(reason: string): never {
    throw new FieldError(this.path === '' ? reason : `${this.path}: ${reason}`);
  }

  has(name: string): boolean {
    return this.field(name).isPresent;
  }

  /** The names of the fields that are set. */
  names(): readonly string[] {
    return Object.keys(this.#object());
  }

  field(name: string): FieldReader {
    return new FieldReader(this.#object()[name], this.path === '' ? name : `${this.path}.${name}`);
  }

  /** The elements of a repeated field. */
  list(name: string): readonly FieldReader[] {
    const field = this.field(name);
    if (!field.isPresent) return [];
    const value = field.#value;
    if (!Array.isArray(value)) return field.fail(`expected a list, got ${typeof value}`);
    return value.map((element, index) => new FieldReader(element, `${field.path}[${index}]`));
  }

  strings(name: string): readonly string[] {
    return this.list(name).map((element) => element.asString());
  }

  string(name: string): string {
    const field = this.field(name);
    return field.isPresent ? field.asString() : '';
  }

  number(name: string, absent = 0): number {
    const field = this.field(name);
    return field.isPresent ? field.asNumber() : absent;
  }

  /** A 64-bit number, which protobuf's JSON writes as a string. */
  unsigned(name: string): number | undefined {
    const field = this.field(name);
    if (!field.isPresent) return undefined;
    if (typeof field.#value === 'number') return field.#value;
    const text = field.asString();
    return /^\d{1,15}$/.test(text) ? Number(text) : field.fail(`expected a whole number, got "${text}"`);
  }

  boolean(name: string, absent = false): boolean {
    const field = this.field(name);
    return field.isPresent ? field.asBoolean() : absent;
  }

  /** One of a closed set of words; an absent field reads as `absent`. */
  oneOf<T extends string>(name: string, words: readonly T[], absent: T): T {
    const field = this.field(name);
    if (!field.isPresent) return absent;
    const value = field.asString();
    const word = words.find((candidate) => candidate === value);
    return word ?? field.fail(`expected one of ${words.join(', ')}, got "${value}"`);
  }

  asString(): string {
    return typeof this.#value === 'string'
      ? this.#value
      : this.fail(`expected a string, got ${typeof this.#value}`);
  }

  asNumber(): number {
    return typeof this.#value === 'number'
      ? this.#value
      : this.fail(`expected a number, got ${typeof this.#value}`);
  }

  asBoolean(): boolean {
    return typeof this.#value === 'boolean'
      ? this.#value
      : this.fail(`expected a boolean, got ${typeof this.#value}`);
  }

  #object(): JsonObject {
    const value = this.#value;
    if (value === undefined || value === null) return {};
    return typeof value === 'object' && !Array.isArray(value) ? value : this.fail('expected an object');
  }
}
