import { parseArgs } from 'node:util';
import type { DocumentDiff, Forecast, Plan } from '@heddle/schema';
import { apiOptions, apiUsage, callApi, outputForm } from '../api-client.ts';
import { readText } from '../paths.ts';
import { table } from '../render.ts';
import { stringify } from 'yaml';

export const usage = `Usage: heddle diff -f PATH... [options]

What heddle apply would change, and for how many proxies; writes nothing. Exit code 1 when something differs or is invalid.

  -f PATH        a file, a directory (its .yaml, .yml and .json files) or - for standard input; may be repeated
${apiUsage}`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { ...apiOptions, file: { type: 'string', short: 'f', multiple: true } },
  });
  const form = outputForm(values.output);
  const yaml = await readText(values.file);
  const plan = await callApi<Plan>(values.server, '/api/v1/config/plan', {
    method: 'POST',
    body: JSON.stringify({ yaml }),
  });
  if (form === 'json') process.stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
  else if (form === 'yaml') process.stdout.write(stringify(plan));
  else {
    process.stdout.write(
      plan.diff
        .filter(({ change }) => change !== 'none')
        .map(hunk)
        .join(''),
    );
    process.stdout.write(
      table(
        plan.findings.map(({ severity, code, resource, path, message }) => [
          severity,
          code,
          resource ?? '',
          path,
          message,
        ]),
      ),
    );
    process.stderr.write(`${plan.affectedProxies.length} of ${plan.totalProxies} proxies would change\n`);
    for (const { change, type, name, proxies } of plan.ir) {
      process.stderr.write(`  ${change} ${type} ${name} at ${proxies.length} proxies\n`);
    }
    process.stderr.write(forecastWords(plan.forecast));
  }
  return plan.valid && plan.diff.every(({ change }) => change === 'none') ? 0 : 1;
}

/** What the change would have done to requests that were made. */
function forecastWords({ replayed, coverage, changed }: Forecast): string {
  if (replayed === 0) return `${coverage}\n`;
  const count = changed.reduce((sum, one) => sum + one.count, 0);
  const lines = changed.map(
    (one) =>
      `  ${one.count}: ${one.from} -> ${one.to} (${one.decidedBy})\n${one.examples.map((example) => `    ${example}\n`).join('')}`,
  );
  return `${count} of ${replayed} requests would be decided otherwise; ${coverage}\n${lines.join('')}`;
}

function hunk({ change, kind, namespace, name, lines }: DocumentDiff): string {
  return `${change} ${kind} ${namespace}/${name}\n${lines.map(({ op, text }) => `${op}${text}\n`).join('')}`;
}
