/** What a JSON Schema says of a place in a document: its fields, its values, and in words what it takes. */

export type Schema = Readonly<Record<string, unknown>>;

export interface Field {
  readonly name: string;
  /** `string`, `list of objects`, `ANY, ALL`. */
  readonly takes: string;
  readonly description: string;
  readonly isRequired: boolean;
  /** What follows the key: a value in the line, a mapping below, a list below. */
  readonly form: 'value' | 'mapping' | 'list';
}

/** @param path keys, and `[]` for an item of a list */
export function schemasAt(schema: Schema, path: readonly string[]): Schema[] {
  let here = alternatives(schema);
  for (const step of path)
    here = here.flatMap((one) => alternatives(step === '[]' ? one['items'] : member(one, step)));
  return here;
}

export function fieldsAt(schema: Schema, path: readonly string[]): Field[] {
  const fields = new Map<string, Field>();
  for (const here of schemasAt(schema, path)) {
    const required = strings(here['required']);
    for (const [name, of] of Object.entries(object(here['properties']) ?? {})) {
      const field = object(of);
      if (field === null || fields.has(name)) continue;
      fields.set(name, { name, ...wordsOf(field), isRequired: required.includes(name) });
    }
  }
  return [...fields.values()];
}

/** What may stand there, where that is a closed set. */
export function valuesAt(schema: Schema, path: readonly string[]): string[] {
  return [...new Set(schemasAt(schema, path).flatMap(valuesOf))];
}

/** @returns null where the schema knows nothing of the place */
export function wordsAt(schema: Schema, path: readonly string[]): Omit<Field, 'name' | 'isRequired'> | null {
  const here = schemasAt(schema, path);
  const [first] = here;
  if (first === undefined) return null;
  const description = descriptionAt(schema, path);
  const told = here.map(wordsOf);
  return {
    takes: [...new Set(told.map(({ takes }) => takes))].filter((one) => one !== '').join(' or '),
    description,
    form: told[0]?.form ?? 'value',
  };
}

function descriptionAt(schema: Schema, path: readonly string[]): string {
  const parents = schemasAt(schema, path.slice(0, -1));
  const last = path.at(-1);
  const own = parents.flatMap((one) => {
    const found = last === undefined ? one : object(last === '[]' ? one['items'] : member(one, last));
    return found === null ? [] : [text(found['description'])];
  });
  const within = schemasAt(schema, path).map((one) => text(one['description']));
  return [...own, ...within].find((one) => one !== '') ?? '';
}

function member(schema: Schema, key: string): unknown {
  const properties = object(schema['properties']);
  if (properties !== null && Object.hasOwn(properties, key)) return properties[key];
  const [pattern] = Object.values(object(schema['patternProperties']) ?? {});
  return pattern ?? schema['additionalProperties'];
}

/** The schema itself, or what it is a choice or a sum of. */
function alternatives(value: unknown): Schema[] {
  const schema = object(value);
  if (schema === null) return [];
  const parts = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => list(schema[key]));
  return parts.length === 0 ? [schema] : parts.flatMap(alternatives);
}

function wordsOf(schema: Schema): Omit<Field, 'name' | 'isRequired'> {
  const all = alternatives(schema);
  const description = [schema, ...all].map((one) => text(one['description'])).find((one) => one !== '') ?? '';
  const types = all.map(typeOf);
  return {
    takes: takesOf(all, types),
    description,
    form: types.includes('object') ? 'mapping' : types.includes('array') ? 'list' : 'value',
  };
}

function takesOf(all: readonly Schema[], types: readonly string[]): string {
  const values = all.flatMap(valuesOf);
  if (values.length > 0 && !types.includes('boolean')) return values.join(', ');
  return [...new Set(all.map((one, i) => typeWords(one, types[i] ?? '')))]
    .filter((one) => one !== '' && one !== 'null')
    .join(' or ');
}

function typeWords(schema: Schema, type: string): string {
  switch (type) {
    case 'array': {
      const items = object(schema['items']);
      const of = items === null ? '' : wordsOf(items).takes;
      return of === '' ? 'list' : `list of ${of}`;
    }
    case 'object':
      return schema['properties'] === undefined ? 'keys with values' : 'object';
    case 'integer':
    case 'number':
      return `${type}${rangeOf(schema)}`;
    default:
      return type;
  }
}

function rangeOf({ minimum, maximum }: Schema): string {
  const whole = (value: unknown) => (typeof value === 'number' ? value.toLocaleString('en') : null);
  const [low, high] = [whole(minimum), whole(maximum)];
  if (low === null && high === null) return '';
  if (high === null) return `, at least ${low}`;
  return low === null ? `, at most ${high}` : `, ${low} to ${high}`;
}

function typeOf(schema: Schema): string {
  const { type } = schema;
  if (typeof type === 'string') return type;
  if ('const' in schema) return typeof schema['const'];
  return 'enum' in schema ? 'string' : '';
}

function valuesOf(schema: Schema): string[] {
  if (Array.isArray(schema['enum'])) return schema['enum'].map(String);
  if ('const' in schema) return [String(schema['const'])];
  return schema['type'] === 'boolean' ? ['true', 'false'] : [];
}

function object(value: unknown): Schema | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function strings(value: unknown): string[] {
  return list(value).map(String);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
