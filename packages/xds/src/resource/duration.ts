/** Milliseconds <-> google.protobuf.Duration in its JSON form, `1.500s`. Exact to the nanosecond. */
import type { FieldReader } from './field-reader.ts';

export function encodeDuration(ms: number): string {
  const nanos = Math.round((ms % 1000) * 1e6);
  const seconds = Math.floor(ms / 1000);
  return nanos === 1e9 ? `${seconds + 1}s` : `${seconds}.${String(nanos).padStart(9, '0')}s`;
}

/** `absentMs` when the field is not set. */
export function decodeDuration(parent: FieldReader, name: string, absentMs = 0): number {
  const field = parent.field(name);
  if (!field.isPresent) return absentMs;
  const text = field.asString();
  const parts = /^(\d+)(?:\.(\d{1,9}))?s$/.exec(text);
  if (parts === null) return field.fail(`expected a duration of 0 s or more, got "${text}"`);
  const nanos = Number((parts[2] ?? '').padEnd(9, '0'));
  return Number(parts[1]) * 1000 + nanos / 1e6;
}
