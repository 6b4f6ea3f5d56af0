import { parseArgs } from 'node:util';
import type { StoredResource, WriteResult } from '@heddle/schema';
import { apiOptions, apiUsage, callApi, listAll, outputForm } from '../api-client.ts';
import { print } from '../render.ts';
import { CommandError, UsageError } from '../usage.ts';

export const usage = `Usage: heddle delete KIND NAME [options]

Deletes a stored document, as a change that can be rolled back.

  -n NS          default: default
  --reason TEXT  why, for the change log
${apiUsage}`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...apiOptions,
      namespace: { type: 'string', short: 'n', default: 'default' },
      reason: { type: 'string' },
    },
  });
  const form = outputForm(values.output);
  const [kind, name] = positionals;
  if (kind === undefined || name === undefined) throw new UsageError('expected: heddle delete KIND NAME');
  const stored = await listAll<StoredResource>(
    values.server,
    `/api/v1/config?limit=1000&kind=${encodeURIComponent(kind)}`,
  );
  const found = stored.filter(
    (one) => one.name === name && (one.namespace === values.namespace || one.namespace === ''),
  );
  const [only, second] = found;
  if (only === undefined) throw new CommandError(`there is no ${kind} ${values.namespace}/${name}`);
  if (second !== undefined)
    throw new CommandError(`${kind} is in ${only.group} and ${second.group}; delete it in the console`);
  const parts = [only.group, only.kind, only.namespace === '' ? '-' : only.namespace, only.name].map(
    encodeURIComponent,
  );
  const query = values.reason === undefined ? '' : `?reason=${encodeURIComponent(values.reason)}`;
  const result = await callApi<WriteResult>(values.server, `/api/v1/config/${parts.join('/')}${query}`, {
    method: 'DELETE',
  });
  print(form, result, () => [[`deleted as revision ${result.revision}`]]);
  return 0;
}
