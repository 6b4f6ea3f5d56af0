import { parseArgs } from 'node:util';
import type { Change } from '@heddle/schema';
import { apiOptions, apiUsage, callApi, outputForm } from '../api-client.ts';
import { print } from '../render.ts';

export const usage = `Usage: heddle history [options]

The change log, newest first: who changed what and why, and how many proxies took it.

  --limit N      default 20
${apiUsage}`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { ...apiOptions, limit: { type: 'string', default: '20' } },
  });
  const form = outputForm(values.output);
  const path = `/api/v1/changes?limit=${encodeURIComponent(values.limit)}`;
  const { items } = await callApi<{ items: Change[] }>(values.server, path);
  print(form, items, () => [
    ['REVISION', 'AT', 'BY', 'WHAT', 'WHY', 'PROXIES'],
    ...items.map(({ revision, at, actor, via, title, reason, push, rolledBackBy }) => [
      String(revision),
      at,
      `${actor} (${via})`,
      rolledBackBy === null ? title : `${title} [rolled back by ${rolledBackBy}]`,
      reason,
      push === null ? '' : `${push.acked}/${push.affected}`,
    ]),
  ]);
  return 0;
}
