import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Exchange } from '../exchange.ts';
import { UpstreamConnectError } from './connect-error.ts';
import { factsOf } from './connection.ts';
import type { ConnectionPool } from './pools.ts';

/** How one try ended, up to the response headers. */
export type TryResult =
  | { readonly kind: 'response'; readonly response: IncomingMessage; readonly request: ClientRequest }
  | {
      readonly kind: 'upgraded';
      readonly response: IncomingMessage;
      readonly socket: Duplex;
      readonly head: Buffer;
    }
  | { readonly kind: 'connect-failure'; readonly why: string }
  /** `isStale`: an idle connection that the peer had closed meanwhile, so the request was most likely never seen. */
  | { readonly kind: 'reset'; readonly why: string; readonly isStale: boolean }
  | { readonly kind: 'protocol-error'; readonly why: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'downstream-gone' };

const maxHeadBytes = 32 * 1024;

/**
 * Sends the request once and waits for the response headers.
 *
 * @param headers as they go out, `host` among them
 * @param timeoutMs until the response headers; Infinity is none
 * @param onOver called once when the upstream request is completely over, whatever came of it
 */
export function sendOnce(
  exchange: Exchange,
  pool: ConnectionPool,
  headers: readonly string[],
  timeoutMs: number,
  onOver: () => void,
): Promise<TryResult> {
  return new Promise((resolve) => {
    let isSettled = false;
    let didTimeOut = false;
    const request = httpRequest({
      agent: pool,
      method: exchange.method,
      path: exchange.path,
      headers,
      setHost: false,
      maxHeaderSize: maxHeadBytes,
      insecureHTTPParser: false,
    });
    const timer =
      timeoutMs === Infinity
        ? undefined
        : setTimeout(() => {
            didTimeOut = true;
            request.destroy();
          }, timeoutMs);
    const settle = (result: TryResult) => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      resolve(result);
    };
    const leave = () => {
      settle({ kind: 'downstream-gone' });
      request.destroy();
    };
    exchange.ended.addEventListener('abort', leave);

    request.on('socket', (socket) => {
      exchange.upstreamId = factsOf(socket).peerId;
    });
    request.on('continue', () => {
      if (exchange.downstream.expectsContinue) exchange.downstream.response.writeContinue();
    });
    request.on('response', (response) => {
      if (request.socket !== null) factsOf(request.socket).confirmed = true;
      settle({ kind: 'response', response, request });
    });
    request.on('upgrade', (response, socket, head) => {
      exchange.ended.removeEventListener('abort', leave);
      settle({ kind: 'upgraded', response, socket, head });
    });
    request.on('error', (error) => {
      settle(didTimeOut ? { kind: 'timeout' } : failureOf(error, request));
    });
    request.on('close', () => {
      exchange.ended.removeEventListener('abort', leave);
      exchange.body.detach(request);
      settle(didTimeOut ? { kind: 'timeout' } : failureOf(new Error('closed'), request));
      onOver();
    });

    if (exchange.ended.aborted) leave();
    else exchange.body.sendTo(request);
  });
}

function failureOf(error: Error, request: ClientRequest): TryResult {
  if (error instanceof UpstreamConnectError) return { kind: 'connect-failure', why: error.message };
  if ('code' in error && typeof error.code === 'string' && error.code.startsWith('HPE_')) {
    return { kind: 'protocol-error', why: error.message };
  }
  // See ConnectionFacts.confirmed: the peer refused our certificate after we thought that we were connected.
  if (!factsOf(request.socket).confirmed) {
    return { kind: 'connect-failure', why: `TLS handshake refused by the peer: ${error.message}` };
  }
  return { kind: 'reset', why: error.message, isStale: request.reusedSocket };
}
