import { stringify } from 'yaml';
import type { OutputForm } from './api-client.ts';

/** Columns as wide as their widest cell, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Data in the form that was asked for; `rows` makes the table, heads first. */
export function print(form: OutputForm, data: unknown, rows: () => readonly (readonly string[])[]): void {
  if (form === 'json') process.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
  else if (form === 'yaml') process.stdout.write(stringify(data));
  else process.stdout.write(table(rows()));
}
