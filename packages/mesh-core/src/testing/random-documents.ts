/** Random documents for property tests: of every kind that is known, after its schema, and then mangled. */
import { stringify } from 'yaml';
import { knownKinds } from '../documents/kinds.ts';
import { diceOf } from './dice.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** The parts of JSON Schema that the kinds use. */
interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** What tends to mean something somewhere: names that refer to each other, and what is just not right. */
const words: readonly string[] = [
  ...['reviews', 'ratings', 'edge', 'v1', 'v2', 'default', 'mill', 'istio-system', 'app', 'mesh', 'istio'],
  ...[
    'reviews.default.svc.cluster.local',
    '*.default.svc.cluster.local',
    'api.example.com',
    '*.example.com',
    '*.local',
  ],
  ...[
    '*',
    '.',
    '~',
    './*',
    '*/*',
    'default/edge',
    'default/*',
    '/',
    '/a',
    '/a*',
    '/{*}/b/{**}',
    '',
    ' ',
    '-',
    '%',
    '%{x}',
  ],
  ...[
    '0s',
    '1s',
    '250ms',
    '-1s',
    '1h30m',
    '1.5.s',
    '500m',
    '10k',
    '99999999999h',
    '80',
    '9080',
    '10.0.0.1',
    '10.0.0.0/8',
    '::1',
    '300.1.1.1/99',
  ],
  ...[
    '(',
    '(a+)+$',
    '^/v[0-9]+/.*$',
    'a{1000}',
    '[',
    'https://issuer.example.com',
    'http://[',
    'spiffe://cluster.local/ns/default/sa/a',
  ],
  ...[
    'HTTP',
    'http',
    'TCP',
    'TLS',
    'GRPC',
    'get',
    'GET',
    'Service',
    'Gateway',
    'ServiceEntry',
    'gateway.networking.k8s.io',
    'networking.istio.io',
  ],
  ...[
    'request.headers[x]',
    'request.auth.claims[a][b]',
    '@request.auth.claims.sub',
    'source.ip',
    'experimental.a',
    ':path',
    'host',
    '__proto__',
    'constructor',
  ],
  ...[
    '5xx,reset',
    '200-599',
    'request.host == "a"',
    'a &&',
    '-----BEGIN CERTIFICATE-----',
    'AAAA',
    '\u0000',
    '\ud800',
    '🧵'.repeat(50),
    'x'.repeat(300),
  ],
];
const numbers: readonly number[] = [
  0,
  1,
  -1,
  2,
  50,
  80,
  100,
  101,
  404,
  503,
  9080,
  65_535,
  65_536,
  2 ** 31,
  2 ** 53,
  1e308,
  0.5,
  -0.1,
];

export class RandomDocuments {
  readonly #random: () => number;

  readonly #known: readonly Json[];

  /** @param known documents that hold, which are mangled too */
  constructor(seed: number, known: readonly Json[]) {
    this.#random = diceOf(seed);
    this.#known = known;
  }

  /** A text of up to six documents that may refer to each other, mangled or not. */
  text(): string {
    const documents = Array.from({ length: 1 + this.#below(6) }, () => {
      const document =
        this.#known.length > 0 && this.#chance(0.6) ? this.#oneOf(this.#known) : this.#document();
      const share = this.#oneOf([0, 0, 0.01, 0.03]);
      return share === 0 ? document : this.#mangled(document, share);
    });
    const text = documents
      .map((one) => (this.#chance(0.5) ? stringify(one) : JSON.stringify(one)))
      .join('\n---\n');
    return this.#chance(0.2) ? this.#withOtherBytes(text) : text;
  }

  #document(): Json {
    const known = this.#oneOf(knownKinds);
    const schema: Schema = known.validator.Type();
    const version = this.#oneOf(known.versions);
    const written = this.#value(schema, 0);
    const members = Object.fromEntries(Object.entries(written ?? {}));
    return {
      ...members,
      apiVersion: known.group === '' ? version : `${known.group}/${version}`,
      kind: known.kind,
      metadata: {
        name: this.#oneOf(['reviews', 'edge', 'ratings', 'a', 'default', 'istio']),
        namespace: this.#oneOf(['default', 'default', 'mill', 'istio-system']),
        ...(this.#chance(0.3) ? { labels: { app: 'reviews' } } : {}),
        ...(this.#chance(0.1) ? { annotations: { [this.#word()]: this.#word() } } : {}),
      },
    };
  }

  /** After the schema, most of the time. */
  #value(schema: Schema, depth: number): Json {
    if (this.#chance(0.002)) return this.#anything();
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return this.#oneOf(schema.enum);
    if (schema.anyOf !== undefined) return this.#value(this.#oneOf(schema.anyOf), depth);
    switch (schema.type) {
      case 'string':
        return this.#fitting(schema);
      case 'boolean':
        return this.#chance(0.5);
      case 'integer':
      case 'number':
        return this.#number(schema);
      case 'array':
        return Array.from({ length: (schema.minItems ?? 0) + this.#below(depth < 8 ? 3 : 1) }, () =>
          this.#value(schema.items ?? {}, depth + 1),
        );
      case 'object':
        return this.#object(schema, depth);
      default:
        return this.#anything();
    }
  }

  #object({ properties = {}, required = [], patternProperties = {} }: Schema, depth: number): Json {
    const share = depth < 3 ? 0.4 : 0.15;
    const given = Object.entries(properties).filter(
      ([name]) => required.includes(name) || this.#chance(share),
    );
    const named = given.map(([name, one]): [string, Json] => [name, this.#value(one, depth + 1)]);
    const free = Object.values(patternProperties).flatMap((one) =>
      Array.from({ length: this.#below(3) }, (): [string, Json] => [
        this.#word(),
        this.#value(one, depth + 1),
      ]),
    );
    return Object.fromEntries([...named, ...free]);
  }

  #number({ minimum, maximum }: Schema): Json {
    if (this.#chance(0.05)) return this.#oneOf(numbers);
    const low = minimum ?? 0;
    return low + this.#below(Math.min((maximum ?? 100) - low, 100) + 1);
  }

  /** Something else at this share of the places. */
  #mangled(value: Json, share: number): Json {
    if (this.#chance(share)) return this.#anything();
    if (Array.isArray(value)) return value.map((one: Json) => this.#mangled(one, share));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        this.#chance(share / 2) ? this.#word() : name,
        this.#mangled(one, share),
      ]),
    );
  }

  #anything(): Json {
    return this.#oneOf<() => Json>([
      () => null,
      () => this.#chance(0.5),
      () => this.#oneOf(numbers),
      () => this.#word(),
      () => [],
      () => ({}),
      () => [this.#anything()],
      () => ({ [this.#word()]: this.#anything() }),
    ])();
  }

  #withOtherBytes(text: string): string {
    const bytes = Buffer.from(text);
    for (let i = 1 + this.#below(5); i > 0; i--) bytes[this.#below(bytes.length)] = this.#below(256);
    return bytes.toString();
  }

  #fitting({ pattern = '', minLength = 0 }: Schema): string {
    const form = new RegExp(pattern, 'u');
    for (let tries = 0; tries < 20; tries++) {
      const word = this.#word();
      if (word.length >= minLength && form.test(word)) return word;
    }
    return this.#word();
  }

  #word(): string {
    return this.#oneOf(words);
  }

  #oneOf<T>(from: readonly T[]): T {
    const one = from[this.#below(from.length)];
    if (one === undefined) throw new Error('nothing to choose from');
    return one;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #chance(ratio: number): boolean {
    return this.#random() < ratio;
  }
}
