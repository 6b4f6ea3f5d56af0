import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { type DocumentResult, validateDocuments } from '@heddle/mesh-core';
import { stringify } from 'yaml';
import { UsageError } from '../usage.ts';

export const usage = `Usage: heddle validate -f PATH... [-o json|yaml|table]

Says of each document what is wrong with it: by structure, by its kind's rules, and together with the other documents given.
Nothing is started or written. Exit code 1 when a document is invalid.

  -f PATH   a file, a directory (its .yaml, .yml and .json files) or - for standard input; may be repeated
  -o FORM   json (default when not a terminal), yaml, or table
`;

const forms = ['json', 'yaml', 'table'] as const;

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      file: { type: 'string', short: 'f', multiple: true },
      output: { type: 'string', short: 'o' },
    },
  });
  const form = values.output ?? (process.stdout.isTTY ? 'table' : 'json');
  if (!forms.some((one) => one === form)) throw new UsageError(`-o ${form}: expected ${forms.join(', ')}`);
  if (values.file === undefined) throw new UsageError('-f is missing: name a file, a directory or -');
  const results = validateDocuments(await readTexts(values.file));
  process.stdout.write(render({ results }, form));
  return results.some(({ verdict }) => verdict === 'invalid') ? 1 : 0;
}

/** The texts of files, of the documents in directories by name, and of standard input. */
export async function readTexts(paths: readonly string[]): Promise<string[]> {
  const texts: string[] = [];
  for (const path of paths) {
    if (path === '-') texts.push(await text(process.stdin));
    else for (const file of filesOf(path)) texts.push(readFileSync(file, 'utf8'));
  }
  return texts;
}

function filesOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
  } catch (error) {
    throw new UsageError(`-f ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return globSync('**/*.{yaml,yml,json}', { cwd: path })
    .toSorted()
    .map((file) => join(path, file));
}

function render(answer: { readonly results: readonly DocumentResult[] }, form: string): string {
  if (form === 'json') return `${JSON.stringify(answer)}\n`;
  if (form === 'yaml') return stringify(answer);
  const rows = answer.results.flatMap(({ kind, namespace, name, verdict, findings }) => [
    `${verdict.padEnd(8)} ${kind || '(unreadable)'} ${namespace}/${name}`,
    ...findings.map(
      ({ code, severity, path, message, line }) =>
        `         ${severity} ${code} ${path}${line === undefined ? '' : ` (line ${line})`}: ${message}`,
    ),
  ]);
  return `${rows.join('\n')}\n`;
}
