import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { explainDocuments } from '@heddle/mesh-core';
import { apiOptions, callApi } from '../api-client.ts';
import { readSources } from '../paths.ts';
import { CommandError, UsageError } from '../usage.ts';

export const usage = `Usage: heddle explain -f PATH... --requests FILE|-
       heddle explain [--server URL] --requests FILE|-

Says what a proxy would do with each request, and which rule decides: by documents alone, of which nothing is started, or by what
the running control plane has stored. Reads one JSON request a line and writes one JSON answer a line, in the same order. A
document that is invalid is left out, with a note on standard error.

  -f PATH          a file, a directory (its .yaml, .yml and .json files) or - for standard input; may be repeated
  --server URL     without -f: API of the control plane, default HEDDLE_SERVER or http://127.0.0.1:4400
  --requests FILE  newline-delimited JSON, or - for standard input

A route request: {"from":{"sidecar":{"namespace":"default","workload":"productpage-v1"}},"host":"reviews","port":9080,
"method":"GET","path":"/reviews/0","headers":{}}; "from" may be {"gateway":"default/bookinfo-gateway"}, "protocol" may be
http, grpc, tcp or tls (with "sni").

An authorization request: {"authz":{"workload":{"namespace":"default","labels":{"app":"ratings"}},"port":9080,
"method":"GET","path":"/","peer":"spiffe://cluster.local/ns/default/sa/reviews"}}
`;

interface Answerer {
  /** Lines that are asked at once. */
  readonly batchSize: number;
  answer(requests: readonly object[]): readonly unknown[] | Promise<readonly unknown[]>;
}

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      ...apiOptions,
      file: { type: 'string', short: 'f', multiple: true },
      requests: { type: 'string' },
    },
  });
  const { file, server, requests } = values;
  if (file !== undefined && server !== undefined)
    throw new UsageError('-f and --server: the documents are either in files or stored');
  if (requests === undefined) throw new UsageError('--requests is missing: name a file, or -');
  if (requests === '-' && file?.includes('-') === true) {
    throw new UsageError('-f - and --requests -: only one of them can be standard input');
  }
  // Each call costs a round trip, but who writes to standard input may wait for an answer before the next question.
  const batchSize = requests === '-' ? 1 : 100;
  await answerAll(file === undefined ? byStored(server, batchSize) : await byFiles(file), requests);
  return 0;
}

async function byFiles(paths: readonly string[]): Promise<Answerer> {
  const { explainer, leftOut } = explainDocuments(await readSources(paths));
  for (const note of leftOut) process.stderr.write(`heddle explain: ${note}\n`);
  return { batchSize: 1, answer: (requests) => requests.map((request) => explainer.explain(request)) };
}

function byStored(server: string | undefined, batchSize: number): Answerer {
  return {
    batchSize,
    async answer(requests) {
      const call = { method: 'POST', body: JSON.stringify({ requests }) } as const;
      const { items } = await callApi<{ items: unknown[] }>(server, '/api/v1/config/explain', call);
      return items;
    },
  };
}

async function answerAll(answerer: Answerer, path: string): Promise<void> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  const failed = once(input, 'error').then(([error]) => {
    throw new CommandError(`--requests ${path}: ${error instanceof Error ? error.message : String(error)}`);
  });
  const answered = (async () => {
    let batch: string[] = [];
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      if (line.trim() !== '') batch.push(line);
      if (batch.length < answerer.batchSize) continue;
      await writeAnswers(answerer, batch);
      batch = [];
    }
    await writeAnswers(answerer, batch);
  })();
  await Promise.race([answered, failed]);
}

async function writeAnswers(answerer: Answerer, lines: readonly string[]): Promise<void> {
  const read = lines.map(requestOf);
  const requests = read.flatMap((one) => ('request' in one ? [one.request] : []));
  const answers = requests.length === 0 ? [] : await answerer.answer(requests);
  let next = 0;
  const text = read.map((one) => `${JSON.stringify('request' in one ? answers[next++] : one)}\n`).join('');
  // A reader that is slower than we are is waited for, so that memory stays bounded.
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}

type Read =
  | { readonly request: object }
  | { readonly error: { readonly code: string; readonly message: string } };

function requestOf(line: string): Read {
  try {
    const request: unknown = JSON.parse(line);
    return typeof request === 'object' && request !== null && !Array.isArray(request)
      ? { request }
      : { error: { code: 'HDL0031', message: 'a request is a JSON object' } };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { error: { code: 'HDL0030', message: `not JSON: ${message}` } };
  }
}
