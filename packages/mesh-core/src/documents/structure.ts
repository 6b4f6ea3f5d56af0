/** Structural validation: the schema of a kind, told as findings in a person's words. */
import type { Finding } from '@heddle/schema';
import { Settings } from 'typebox/system';
import type { KnownKind } from './kinds.ts';

interface SchemaError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly params: object;
  readonly message: string;
}

const maxFindings = 100;
/** Characters of a value in a message. */
const maxShown = 60;
// TypeBox stops at 8 errors, some of which say what another says too.
Settings.Set({ maxErrors: 4 * maxFindings });

/** All at once; code IST0106, Istio's schema validation error. */
export function structuralFindings(known: KnownKind, object: unknown): Finding[] {
  if (known.validator.Check(object)) return [];
  const errors: SchemaError[] = [...known.validator.Errors(object)];
  // A union reports every branch that failed and then itself: the last word is enough.
  const unions = errors
    .filter(({ keyword }) => keyword === 'anyOf')
    .map(({ schemaPath }) => `${schemaPath}/anyOf/`);
  const findings = new Map<string, Finding>();
  for (const error of errors) {
    if (unions.some((union) => error.schemaPath.startsWith(union))) continue;
    for (const finding of describe(error, object, known.kind === 'Secret')) {
      if (findings.size >= maxFindings) return [...findings.values()];
      findings.set(`${finding.path} ${finding.message}`, finding);
    }
  }
  return [...findings.values()];
}

/** @param isSecret its values are not repeated to anybody */
function describe(error: SchemaError, object: unknown, isSecret: boolean): Finding[] {
  const path = pathOf(error.instancePath, object);
  const value = valueAt(object, error.instancePath);
  const shown = isSecret ? `a ${typeof value}` : preview(value);
  const got = shown.length > maxShown ? `${shown.slice(0, maxShown)}…` : shown;
  const make = (at: string, message: string): Finding => ({
    code: 'IST0106',
    severity: 'error',
    path: at,
    message,
  });
  const name = path === '' ? 'the document' : path;
  switch (error.keyword) {
    case 'additionalProperties':
      return listParam(error, 'additionalProperties').map((field) =>
        make(join(path, field), unknownField(field)),
      );
    // One for each field that the parent tells of by additionalProperties, if it comes to that.
    case 'boolean':
      return [make(path, unknownField(lastSegment(error.instancePath)))];
    case 'required':
      return listParam(error, 'requiredProperties').map((field) =>
        make(join(path, field), `${join(path, field)} is missing; add it`),
      );
    case 'type':
      return [make(path, `${name} is ${got}: it ${error.message}${quotesHelp(error, value)}`)];
    case 'enum':
      return [
        make(path, `${name} is ${got}, expected one of ${listParam(error, 'allowedValues').join(', ')}`),
      ];
    case 'minimum':
    case 'maximum':
      return [make(path, `${name} is ${got}: it ${error.message}`)];
    case 'pattern':
      return [make(path, `${name} is ${got}: it has the wrong form (${error.message})`)];
    default:
      return [make(path, `${name} is ${got}: it ${error.message}`)];
  }
}

/** The beginning of a value as JSON: no more of it is looked at than is shown. */
function preview(value: unknown, room = maxShown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, maxShown));
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'nothing';
  const isList = Array.isArray(value);
  let shown = isList ? '[' : '{';
  for (const name of isList ? value.slice(0, maxShown).keys() : Object.keys(value)) {
    if (shown.length > room) return shown;
    const label = isList ? '' : `${JSON.stringify(String(name).slice(0, maxShown))}:`;
    shown += `${shown.length > 1 ? ',' : ''}${label}${preview(Reflect.get(value, name), room - shown.length)}`;
  }
  return `${shown}${isList ? ']' : '}'}`;
}

/** YAML has words such as yes, on and no, and numbers, that were meant as text. */
function quotesHelp(error: SchemaError, value: unknown): string {
  const isScalar = typeof value === 'boolean' || typeof value === 'number';
  return isScalar && Object.values(error.params).includes('string')
    ? '; put it in quotes, as YAML reads words such as yes, no, on and off as true and false'
    : '';
}

function unknownField(field: string): string {
  return `unknown field "${field.slice(0, 100)}"; check its spelling and indentation, or remove it`;
}

function lastSegment(pointer: string): string {
  const segment = pointer.slice(pointer.lastIndexOf('/') + 1);
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}

function listParam(error: SchemaError, name: string): string[] {
  const value: unknown = Object.entries(error.params).find(([key]) => key === name)?.[1];
  return Array.isArray(value) ? value.map(String) : [];
}

/** JSON pointer to the form that people read: `/spec/http/0/route` is `spec.http[0].route`. */
function pathOf(pointer: string, object: unknown): string {
  let path = '';
  let value = object;
  for (const escaped of pointer.split('/').slice(1)) {
    const segment = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    path = Array.isArray(value) ? `${path}[${segment}]` : join(path, segment);
    value =
      value !== null && typeof value === 'object' && Object.hasOwn(value, segment)
        ? Reflect.get(value, segment)
        : undefined;
  }
  return path;
}

/** With a field: one that would read as an index or has other signs than a word stands in quotes. */
export function join(path: string, segment: string): string {
  if (/^\d+$/.test(segment) || !/^[\w-]+$/.test(segment)) return `${path}[${JSON.stringify(segment)}]`;
  return path === '' ? segment : `${path}.${segment}`;
}

function valueAt(object: unknown, pointer: string): unknown {
  let value: unknown = object;
  for (const segment of pointer.split('/').slice(1)) {
    if (value === null || typeof value !== 'object') return undefined;
    value = Object.hasOwn(value, segment) ? Reflect.get(value, segment) : undefined;
  }
  return value;
}
