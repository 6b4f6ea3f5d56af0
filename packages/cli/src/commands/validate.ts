import { parseArgs } from 'node:util';
import { type DocumentResult, validateDocuments } from '@heddle/mesh-core';
import { stringify } from 'yaml';
import { type OutputForm, outputForm } from '../api-client.ts';
import { readSources } from '../paths.ts';

export const usage = `Usage: heddle validate -f PATH... [-o json|yaml|table]

Says of each document what is wrong with it: by structure, by its kind's rules, and together with the other documents given.
Nothing is started or written. Exit code 1 when a document is invalid.

  -f PATH   a file, a directory (its .yaml, .yml and .json files) or - for standard input; may be repeated
  -o FORM   table (default on a terminal), json or yaml
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      file: { type: 'string', short: 'f', multiple: true },
      output: { type: 'string', short: 'o' },
    },
  });
  const form = outputForm(values.output);
  const results = validateDocuments(await readSources(values.file));
  process.stdout.write(render({ results }, form));
  return results.some(({ verdict }) => verdict === 'invalid') ? 1 : 0;
}

function render(answer: { readonly results: readonly DocumentResult[] }, form: OutputForm): string {
  if (form === 'json') return `${JSON.stringify(answer)}\n`;
  if (form === 'yaml') return stringify(answer);
  const rows = answer.results.flatMap(({ kind, namespace, name, file, verdict, findings }) => [
    `${verdict.padEnd(8)} ${kind || '(unreadable)'} ${namespace}/${name}${file === undefined ? '' : ` of ${file}`}`,
    ...findings.map(
      ({ code, severity, path, message, line }) =>
        `         ${severity} ${code} ${path}${line === undefined ? '' : ` (line ${line})`}: ${message}`,
    ),
  ]);
  return `${rows.join('\n')}\n`;
}
