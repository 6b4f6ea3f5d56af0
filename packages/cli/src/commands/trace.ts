import { parseArgs } from 'node:util';
import type { Span, Trace } from '@heddle/schema';
import { apiOptions, apiUsage, callApi, outputForm } from '../api-client.ts';
import { print } from '../render.ts';
import { UsageError } from '../usage.ts';

export const usage = `Usage: heddle trace ID [options]

One trace: its spans as a tree, with * on the critical path, which is what it took so long for.

${apiUsage}`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...argv], allowPositionals: true, options: apiOptions });
  const form = outputForm(values.output);
  const [id, ...more] = positionals;
  if (id === undefined || more.length > 0) throw new UsageError('expected: heddle trace ID');
  if (!/^[0-9a-f]{32}$/i.test(id))
    throw new UsageError(`${id} is no trace id: expected 32 hexadecimal digits`);
  const trace = await callApi<Trace>(values.server, `/api/v1/traces/${id.toLowerCase()}`);
  print(form, trace, () => [['', 'SPAN', 'SERVICE', 'STATUS', 'MS', 'AT MS'], ...rowsOf(trace)]);
  return 0;
}

function rowsOf({ spans, criticalPath, startUnixNano }: Trace): string[][] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = Map.groupBy(spans, ({ parentSpanId }) =>
    parentSpanId !== null && known.has(parentSpanId) ? parentSpanId : '',
  );
  const critical = new Set(criticalPath);
  const rows: string[][] = [];
  const shown = new Set<string>();
  const add = (span: Span, depth: number) => {
    // Spans that name each other as parents are told once.
    if (shown.has(span.spanId)) return;
    shown.add(span.spanId);
    const version = span.version === null ? '' : ` ${span.version}`;
    rows.push([
      critical.has(span.spanId) ? '*' : '',
      `${'  '.repeat(depth)}${span.name} (${span.kind})`,
      `${span.service}${version}`,
      span.httpStatus === null ? span.status : String(span.httpStatus),
      span.durationMs.toFixed(2),
      (Number(BigInt(span.startUnixNano) - BigInt(startUnixNano)) / 1e6).toFixed(2),
    ]);
    for (const child of children.get(span.spanId) ?? []) add(child, depth + 1);
  };
  for (const root of children.get('') ?? []) add(root, 0);
  for (const span of spans) add(span, 0);
  return rows;
}
