import { parseArgs } from 'node:util';
import type { WriteResult } from '@heddle/schema';
import { apiOptions, apiUsage, callApi, outputForm } from '../api-client.ts';
import { print } from '../render.ts';
import { UsageError } from '../usage.ts';

export const usage = `Usage: heddle rollback REVISION [options]

Puts the documents of a change back to what they were before it, as a new change.

  --reason TEXT  why, for the change log
${apiUsage}`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { ...apiOptions, reason: { type: 'string', default: '' } },
  });
  const form = outputForm(values.output);
  const [revision] = positionals;
  if (revision === undefined || !/^\d+$/.test(revision))
    throw new UsageError('expected: heddle rollback REVISION');
  const result = await callApi<WriteResult>(values.server, `/api/v1/changes/${revision}/rollback`, {
    method: 'POST',
    body: JSON.stringify({ reason: values.reason }),
  });
  print(form, result, () => [[`rolled back as revision ${result.revision}`]]);
  return 0;
}
