import { finished } from 'node:stream/promises';
import type { Exchange } from './exchange.ts';
import type { ResponseHead } from './filters/filter.ts';
import { HeaderFields } from './header-fields.ts';
import type { LocalReply } from './local-reply.ts';

/** Answers in the proxy's own name: short, in plain text, with the flag that says why. */
export async function writeLocalReply(
  exchange: Exchange,
  { status, flag, body, headers = [] }: LocalReply,
  runResponseFilters: (head: ResponseHead) => void,
): Promise<void> {
  const { response } = exchange.downstream;
  if (flag !== undefined) exchange.flags.add(flag);
  if (exchange.ended.aborted) {
    exchange.flags.add('DC');
    return;
  }
  const text = body === '' ? body : `${body}\n`;
  const fields = HeaderFields.fromRaw(headers.flat());
  if (text !== '') fields.set('content-type', 'text/plain; charset=utf-8');
  fields.set('content-length', String(Buffer.byteLength(text)));
  if (exchange.flags.size > 0) fields.set('x-heddle-flags', [...exchange.flags].join(','));
  runResponseFilters({ status, headers: fields, isLocal: true });
  // After a malformed request nobody knows where the next one begins.
  if (flag === 'DPE') response.shouldKeepAlive = false;
  exchange.status = status;
  exchange.responseBytes = Buffer.byteLength(text);
  response.writeHead(status, fields.toFlat());
  response.end(text);
  await finished(response).catch(() => {
    exchange.flags.add('DC');
  });
}
