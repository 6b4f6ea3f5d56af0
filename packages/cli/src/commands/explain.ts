import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { explainDocuments, type Explainer } from '@heddle/mesh-core';
import { CommandError, UsageError } from '../usage.ts';
import { readTexts } from '../paths.ts';

export const usage = `Usage: heddle explain -f PATH... --requests FILE|-

Says what a proxy would do with each request, and which rule decides. Nothing is started: the documents are evaluated.
Reads one JSON request a line and writes one JSON answer a line, in the same order. A document that is invalid is left out,
with a note on standard error.

  -f PATH          a file, a directory (its .yaml, .yml and .json files) or - for standard input; may be repeated
  --requests FILE  newline-delimited JSON, or - for standard input

A route request: {"from":{"sidecar":{"namespace":"default","workload":"productpage-v1"}},"host":"reviews","port":9080,
"method":"GET","path":"/reviews/0","headers":{}}; "from" may be {"gateway":"default/bookinfo-gateway"}.

An authorization request: {"authz":{"workload":{"namespace":"default","labels":{"app":"ratings"}},"port":9080,
"method":"GET","path":"/","peer":"spiffe://cluster.local/ns/default/sa/reviews"}}
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      file: { type: 'string', short: 'f', multiple: true },
      requests: { type: 'string' },
      output: { type: 'string', short: 'o' },
    },
  });
  if (values.file === undefined) throw new UsageError('-f is missing: name a file, a directory or -');
  if (values.requests === undefined) throw new UsageError('--requests is missing: name a file, or -');
  if (values.requests === '-' && values.file.includes('-')) {
    throw new UsageError('-f - and --requests -: only one of them can be standard input');
  }
  const { explainer, leftOut } = explainDocuments(await readTexts(values.file));
  for (const note of leftOut) process.stderr.write(`heddle explain: ${note}\n`);
  await answerAll(explainer, values.requests);
  return 0;
}

async function answerAll(explainer: Explainer, path: string): Promise<void> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  const failed = once(input, 'error').then(([error]) => {
    throw new CommandError(`--requests ${path}: ${error instanceof Error ? error.message : String(error)}`);
  });
  const answered = (async () => {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      if (line.trim() === '') continue;
      // A reader that is slower than we are is waited for, so that memory stays bounded.
      if (!process.stdout.write(`${answerTo(explainer, line)}\n`)) await once(process.stdout, 'drain');
    }
  })();
  await Promise.race([answered, failed]);
}

function answerTo(explainer: Explainer, line: string): string {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return JSON.stringify({ error: { code: 'HDL0030', message: `not JSON: ${message}` } });
  }
  return JSON.stringify(explainer.explain(request));
}
