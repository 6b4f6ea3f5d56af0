import { parseArgs } from 'node:util';
import { parseDocuments } from '@heddle/mesh-core';
import type { ResourceKey, StoredResource, WriteResult } from '@heddle/schema';
import { apiOptions, apiUsage, callApi, listAll, outputForm } from '../api-client.ts';
import { readText } from '../paths.ts';
import { print } from '../render.ts';
import { CommandError, UsageError } from '../usage.ts';

export const usage = `Usage: heddle delete KIND NAME [options]
       heddle delete -f PATH... [options]

Deletes stored documents, each as a change that can be rolled back.

  -f PATH        what the file, the directory (its .yaml, .yml and .json files) or - for standard input names; may be repeated
  -n NS          default: default
  --reason TEXT  why, for the change log
${apiUsage}`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...apiOptions,
      file: { type: 'string', short: 'f', multiple: true },
      namespace: { type: 'string', short: 'n', default: 'default' },
      reason: { type: 'string' },
    },
  });
  const form = outputForm(values.output);
  const stored = await listAll<StoredResource>(values.server, '/api/v1/config?limit=1000');
  const found =
    values.file === undefined
      ? [named(positionals, values.namespace, stored)]
      : listed(await readText(values.file), values.namespace, stored);
  const query = values.reason === undefined ? '' : `?reason=${encodeURIComponent(values.reason)}`;
  const deleted: (ResourceKey & WriteResult)[] = [];
  for (const { group, kind, namespace, name } of found) {
    const path = [group, kind, namespace === '' ? '-' : namespace, name].map(encodeURIComponent).join('/');
    const result = await callApi<WriteResult>(values.server, `/api/v1/config/${path}${query}`, {
      method: 'DELETE',
    });
    deleted.push({ group, kind, namespace, name, ...result });
  }
  print(form, values.file === undefined ? deleted[0] : deleted, () =>
    deleted.map(({ kind, namespace, name, revision }) => [
      `${kind} ${namespace}/${name} deleted as revision ${revision}`,
    ]),
  );
  return 0;
}

function named(
  [kind, name, ...more]: readonly string[],
  namespace: string,
  stored: readonly StoredResource[],
): ResourceKey {
  if (kind === undefined || name === undefined || more.length > 0) {
    throw new UsageError('expected: heddle delete KIND NAME, or -f PATH');
  }
  const [only, second] = stored.filter(
    (one) => one.kind === kind && one.name === name && (one.namespace === namespace || one.namespace === ''),
  );
  if (only === undefined) throw new CommandError(`there is no ${kind} ${namespace}/${name}`);
  if (second !== undefined)
    throw new CommandError(`${kind} is in ${only.group} and ${second.group}; name it in a file with -f`);
  return only;
}

/** All of them are there, or none is deleted. */
function listed(text: string, defaultNamespace: string, stored: readonly StoredResource[]): ResourceKey[] {
  const { documents, findings } = parseDocuments(text, { defaultNamespace });
  const keys = documents.map(({ key }) => key);
  const wrong = findings.find(({ severity }) => severity === 'error');
  if (wrong !== undefined) throw new CommandError(`${wrong.code} ${wrong.path}: ${wrong.message}`);
  if (keys.length === 0) throw new CommandError('no document in the files');
  const missing = keys.filter(
    (key) =>
      !stored.some(
        ({ group, kind, namespace, name }) =>
          group === key.group && kind === key.kind && namespace === key.namespace && name === key.name,
      ),
  );
  if (missing.length > 0) {
    const names = missing.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`).join(', ');
    throw new CommandError(`not stored, so nothing is deleted: ${names}`);
  }
  return keys;
}
