import { parseArgs } from 'node:util';
import type { WriteResult } from '@heddle/schema';
import { apiOptions, apiUsage, callApi, outputForm } from '../api-client.ts';
import { readText } from '../paths.ts';
import { print } from '../render.ts';

export const usage = `Usage: heddle apply -f PATH... [options]

Creates or replaces the documents of the paths, all of them or none. Errors refuse the write.

  -f PATH        a file, a directory (its .yaml, .yml and .json files) or - for standard input; may be repeated
  --reason TEXT  why, for the change log
${apiUsage}`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      ...apiOptions,
      file: { type: 'string', short: 'f', multiple: true },
      reason: { type: 'string' },
    },
  });
  const form = outputForm(values.output);
  const body = await readText(values.file);
  const query = values.reason === undefined ? '' : `?reason=${encodeURIComponent(values.reason)}`;
  const result = await callApi<WriteResult>(values.server, `/api/v1/config${query}`, {
    method: 'POST',
    body,
    contentType: 'application/yaml',
  });
  for (const { severity, code, resource, path, message } of result.findings) {
    process.stderr.write(`${severity} ${code} ${resource ?? ''} ${path}: ${message}\n`);
  }
  print(form, result, () => [
    [result.changed ? `applied as revision ${result.revision}` : `unchanged, at revision ${result.revision}`],
  ]);
  return 0;
}
