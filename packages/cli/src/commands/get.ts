import { parseArgs } from 'node:util';
import type { StoredResource } from '@heddle/schema';
import { parseDocument } from 'yaml';
import { apiOptions, apiUsage, listAll, outputForm } from '../api-client.ts';
import { print } from '../render.ts';
import { CommandError } from '../usage.ts';

export const usage = `Usage: heddle get [KIND [NAME]] [options]

Stored documents. -o yaml gives them as they were written, those of the Gateway API with their status.

  -n NS          of this namespace
${apiUsage}`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { ...apiOptions, namespace: { type: 'string', short: 'n' } },
  });
  const form = outputForm(values.output);
  const [kind, name] = positionals;
  const query = new URLSearchParams({
    limit: '1000',
    ...(kind === undefined ? {} : { kind }),
    ...(values.namespace === undefined ? {} : { namespace: values.namespace }),
  });
  const all = await listAll<StoredResource>(values.server, `/api/v1/config?${query.toString()}`);
  const found = name === undefined ? all : all.filter((one) => one.name === name);
  if (name !== undefined && found.length === 0) throw new CommandError(`there is no ${kind} ${name}`);
  if (form === 'yaml') {
    process.stdout.write(found.map(withStatus).join('---\n'));
    return 0;
  }
  print(form, found, () => [
    ['KIND', 'NAMESPACE', 'NAME', 'REVISION', 'UPDATED', 'FINDINGS'],
    ...found.map((one) => [
      one.kind,
      one.namespace,
      one.name,
      String(one.revision),
      one.updatedAt,
      one.findings.map(({ code }) => code).join(' '),
    ]),
  ]);
  return 0;
}

/** The text keeps its comments and order; a status that was written is replaced. */
function withStatus({ yaml, status }: StoredResource): string {
  if (status === undefined) return yaml;
  const document = parseDocument(yaml);
  document.set('status', document.createNode(status));
  return document.toString();
}
