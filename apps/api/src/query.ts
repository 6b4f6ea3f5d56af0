/** Parts of query strings that several routes take. */
import { GraphLevel } from '@heddle/schema';
import Type from 'typebox';
import { ApiError } from './problem.ts';

/** `10s`, `5m`: at most what the live ring holds. */
export const WindowQuery = Type.Optional(
  Type.String({
    pattern: '^[0-9]+(ms|s|m)$',
    description: 'a window such as 10s or 5m; default 60s, at most 15m',
  }),
);
export const NamespacesQuery = Type.Optional(
  Type.String({ description: 'names separated by commas; all when empty' }),
);
export const LevelQuery = Type.Optional(GraphLevel);
export const LimitQuery = Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 }));
export const CursorQuery = Type.Optional(Type.String());

const unitMs = { ms: 1, s: 1000, m: 60_000 } as const;
export const longestWindowMs = 900_000;

export function windowMsOf(text: string | undefined, fallbackMs = 60_000): number {
  if (text === undefined) return fallbackMs;
  const [, amount = '', unit = ''] = /^(\d+)(ms|s|m)$/.exec(text) ?? [];
  const ms = unit === 'ms' || unit === 's' || unit === 'm' ? Number(amount) * unitMs[unit] : 0;
  if (ms < 1000 || ms > longestWindowMs) {
    throw new ApiError(400, 'HDL_BAD_WINDOW', `window ${text}: expected 1s to 15m, what the live data holds`);
  }
  return ms;
}

export function namesOf(text: string | undefined): string[] | undefined {
  const names = (text ?? '').split(',').filter((name) => name !== '');
  return names.length === 0 ? undefined : names;
}

/** A page of a list: `cursor` is the index to go on from. */
export function page<T>(
  items: readonly T[],
  limit: number,
  cursor: string | undefined,
): { items: T[]; nextCursor: string | null } {
  const start = cursor === undefined ? 0 : Number(cursor);
  if (!Number.isInteger(start) || start < 0) {
    throw new ApiError(400, 'HDL_BAD_CURSOR', `cursor "${cursor}" did not come from a list of this API`);
  }
  const end = start + limit;
  return { items: items.slice(start, end), nextCursor: end < items.length ? String(end) : null };
}
