/**
 * The language of the find box: words match names, `field op number` compares, neighbours are joined by `and`, which
 * binds tighter than `or`.
 *
 *     reviews            p99 > 300ms            mtls < 100 or error > 1%            state = failing and rps > 5
 */
import type { GraphEdge } from '@heddle/schema';
import { parseNodeId } from '../../format/name.ts';

export type EdgePredicate = (edge: GraphEdge) => boolean;

export type Query =
  | { readonly kind: 'empty' }
  | { readonly kind: 'valid'; readonly matches: EdgePredicate }
  | { readonly kind: 'invalid'; readonly message: string };

type Field = 'rps' | 'error' | 'p50' | 'p95' | 'p99' | 'mtls' | 'n';

/** Numbers as a person writes them: percent for error and mtls, milliseconds for percentiles. null compares as false. */
const readers: Record<Field, (edge: GraphEdge) => number | null> = {
  rps: (edge) => edge.rps,
  error: (edge) => edge.errorRatio * 100,
  p50: (edge) => edge.p50Ms,
  p95: (edge) => edge.p95Ms,
  p99: (edge) => edge.p99Ms,
  mtls: (edge) => (edge.n === 0 ? null : edge.mtlsRatio * 100),
  n: (edge) => edge.n,
};

const unitsOf: Record<Field, Record<string, number>> = {
  rps: { '': 1, rps: 1, k: 1000 },
  error: { '': 1, '%': 1 },
  p50: { '': 1, ms: 1, s: 1000, us: 0.001 },
  p95: { '': 1, ms: 1, s: 1000, us: 0.001 },
  p99: { '': 1, ms: 1, s: 1000, us: 0.001 },
  mtls: { '': 1, '%': 1 },
  n: { '': 1, k: 1000 },
};

const aliases: Record<string, Field> = {
  rps: 'rps',
  error: 'error',
  errors: 'error',
  err: 'error',
  p50: 'p50',
  p95: 'p95',
  p99: 'p99',
  mtls: 'mtls',
  n: 'n',
};

const compare: Record<string, (left: number, right: number) => boolean> = {
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '=': (left, right) => left === right,
  '!=': (left, right) => left !== right,
};

const states = ['ok', 'degraded', 'failing', 'unknown'];

export function parseFind(text: string): Query {
  const tokens = text.toLowerCase().match(/>=|<=|!=|[<>=]|[^\s<>=!]+/g) ?? [];
  if (tokens.length === 0) return { kind: 'empty' };
  const anyOf: EdgePredicate[][] = [[]];
  let index = 0;
  while (index < tokens.length) {
    const token = tokens[index] ?? '';
    if (token === 'or') {
      if (anyOf.at(-1)?.length === 0) return invalid('Nothing stands before "or"');
      anyOf.push([]);
      index += 1;
      continue;
    }
    if (token === 'and') {
      index += 1;
      continue;
    }
    const operator = tokens[index + 1] ?? '';
    if (operator in compare) {
      const term = comparison(token, operator, tokens[index + 2], tokens[index + 3]);
      if (typeof term === 'string') return invalid(term);
      anyOf.at(-1)?.push(term.matches);
      index += term.length;
      continue;
    }
    if (token in compare) return invalid(`A field must stand before "${token}"`);
    anyOf.at(-1)?.push(names(token));
    index += 1;
  }
  if (anyOf.at(-1)?.length === 0) return invalid('Nothing stands after "or"');
  return { kind: 'valid', matches: (edge) => anyOf.some((allOf) => allOf.every((matches) => matches(edge))) };
}

function comparison(
  name: string,
  operator: string,
  value: string | undefined,
  next: string | undefined,
): { matches: EdgePredicate; length: number } | string {
  if (value === undefined) return `A value must follow "${name} ${operator}"`;
  if (name === 'state') {
    if (!states.includes(value)) return `state is one of ${states.join(', ')}`;
    if (operator !== '=' && operator !== '!=') return 'state is compared with = or !=';
    return { matches: (edge) => (edge.state === value) === (operator === '='), length: 3 };
  }
  const field = aliases[name];
  if (field === undefined) return `"${name}" is no field: use rps, error, p50, p95, p99, mtls, n or state`;
  const [, digits, attached] = /^([\d.]+)([a-z%]*)$/.exec(value) ?? [];
  if (digits === undefined || Number.isNaN(Number(digits))) return `"${value}" is not a number`;
  // `300 ms` with a space is one value as well.
  const apart = attached === '' && next !== undefined && next !== '' && next in unitsOf[field];
  const factor = unitsOf[field][apart ? next : (attached ?? '')];
  if (factor === undefined) return `"${attached}" is no unit of ${name}`;
  const wanted = Number(digits) * factor;
  const holds = compare[operator];
  if (holds === undefined) return `"${operator}" is no comparison`;
  return {
    matches: (edge) => {
      const actual = readers[field](edge);
      return actual !== null && holds(actual, wanted);
    },
    length: apart ? 4 : 3,
  };
}

function names(word: string): EdgePredicate {
  return (edge) => [edge.source, edge.target].some((id) => matchesName(id, word));
}

/** A word matches a service, its namespace or its version. */
export function matchesName(id: string, word: string): boolean {
  const { service, namespace, version } = parseNodeId(id);
  return [service, namespace, version ?? ''].some((name) => name.toLowerCase().includes(word));
}

function invalid(message: string): Query {
  return { kind: 'invalid', message };
}
