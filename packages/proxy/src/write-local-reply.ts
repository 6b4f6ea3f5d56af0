import { finished } from 'node:stream/promises';
import { grpcStatusOfHttp } from '@heddle/traffic';
import type { Exchange } from './exchange.ts';
import type { ResponseHead } from './filters/filter.ts';
import { HeaderFields } from './header-fields.ts';
import type { LocalReply } from './local-reply.ts';
import { isGrpc } from './report/cells-of.ts';

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
  const isCall = isGrpc(exchange);
  const text = isCall ? '' : body;
  const fields = HeaderFields.fromRaw(headers.flat());
  if (text.length > 0 && fields.get('content-type') === undefined) {
    fields.set('content-type', 'text/plain; charset=utf-8');
  }
  // An injected fault brings a status of its own.
  if (isCall && fields.get('grpc-status') === undefined) {
    setGrpcStatus(exchange, fields, status, body.toString());
  }
  fields.set('content-length', String(Buffer.byteLength(text)));
  if (exchange.flags.size > 0) fields.set('x-heddle-flags', [...exchange.flags].join(','));
  runResponseFilters({ status: isCall ? 200 : status, headers: fields, isLocal: true });
  // After a malformed request nobody knows where the next one begins.
  if (flag === 'DPE') response.shouldKeepAlive = false;
  // Of a gRPC call, too: what is told of it shows a failure as one.
  exchange.status = status;
  exchange.responseBytes = Buffer.byteLength(text);
  response.writeHead(isCall ? 200 : status, fields.toFlat());
  response.end(text);
  await finished(response).catch(() => {
    exchange.flags.add('DC');
  });
}

/** A gRPC call fails by its status: what goes in trailers is in the head when there is no message (gRPC, "Trailers-Only"). */
function setGrpcStatus(exchange: Exchange, fields: HeaderFields, status: number, why: string): void {
  exchange.grpcStatus = grpcStatusOfHttp(status);
  fields.set('content-type', 'application/grpc');
  fields.set('grpc-status', String(exchange.grpcStatus));
  if (why !== '') fields.set('grpc-message', encodeURIComponent(why).replaceAll('%20', ' '));
}
