/** The commands that speak to a running control plane, over its HTTP API. */
import type { Problem } from '@heddle/schema';
import { CommandError, UsageError } from './usage.ts';

/** Options that all of these commands take. */
export const apiOptions = {
  server: { type: 'string' },
  output: { type: 'string', short: 'o' },
} as const;

export const apiUsage = `  --server URL   API of the control plane, default HEDDLE_SERVER or http://127.0.0.1:4400
  -o FORM        table (default on a terminal), json or yaml
`;

export type OutputForm = 'json' | 'yaml' | 'table';

export function outputForm(given: string | undefined): OutputForm {
  const form = given ?? (process.stdout.isTTY ? 'table' : 'json');
  if (form !== 'json' && form !== 'yaml' && form !== 'table') {
    throw new UsageError(`-o ${form}: expected json, yaml or table`);
  }
  return form;
}

export interface ApiCall {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly body?: string;
  readonly contentType?: string;
}

/** @throws CommandError with the API's own words, finding by finding, when it refuses */
export async function callApi<T>(server: string | undefined, path: string, call: ApiCall = {}): Promise<T> {
  const base = server ?? process.env['HEDDLE_SERVER'] ?? 'http://127.0.0.1:4400';
  if (!URL.canParse(path, base))
    throw new UsageError(`--server ${base}: expected a URL such as http://127.0.0.1:4400`);
  const response = await fetch(new URL(path, base), {
    method: call.method ?? 'GET',
    headers: {
      accept: 'application/json',
      'x-heddle-client': 'cli',
      ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
    },
    ...(call.body === undefined ? {} : { body: call.body }),
  }).catch((error: unknown) => {
    throw new CommandError(`${base} does not answer; is heddle up or heddle server running?`, {
      cause: error,
    });
  });
  const text = await response.text();
  if (!response.ok) throw new CommandError(refusal(text, response.status));
  const answer: T = JSON.parse(text);
  return answer;
}

function refusal(text: string, status: number): string {
  let problem: Problem;
  try {
    problem = JSON.parse(text);
  } catch {
    return `the server answered ${status}`;
  }
  const findings = (problem.errors ?? []).map(
    ({ severity, code, path, line, message, resource }) =>
      `  ${severity} ${code} ${resource ?? ''} ${path}${line === undefined ? '' : ` (line ${line})`}: ${message}`,
  );
  return [`${problem.detail} (${problem.code})`, ...findings].join('\n');
}

/** Every page of a list. */
export async function listAll<T>(server: string | undefined, path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const separator = path.includes('?') ? '&' : '?';
    const next: string = cursor === null ? path : `${path}${separator}cursor=${encodeURIComponent(cursor)}`;
    const page: { items: T[]; nextCursor: string | null } = await callApi(server, next);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}
