import {
  createServer as createHttpServer,
  ServerResponse,
  type IncomingMessage,
  type Server,
} from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import type { Downstream } from '../exchange.ts';
import { peerOf } from '../identity/peer.ts';

const maxHeadBytes = 32 * 1024;
const headTimeoutMs = 10_000;
const keepAliveMs = 75_000;
/** One more than the gate allows: Node cuts off the rest without a word, and the gate must see that there was more. */
const maxFieldsSeen = 101;
export const maxConnections = 10_000;

export interface HttpHandlers {
  onRequest(downstream: Downstream): void;
  /** CONNECT; the handler owns the socket. */
  onConnect(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/**
 * An HTTP/1.1 server with the mesh's limits and a strict parser. It is given connections by `emit('connection', socket)`,
 * plaintext or TLS.
 */
export function createStrictServer({ onRequest, onConnect }: HttpHandlers): Server {
  const server = createHttpServer({
    maxHeaderSize: maxHeadBytes,
    headersTimeout: headTimeoutMs,
    requestTimeout: 0, // bodies are streamed, however long they take
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: 1000,
    insecureHTTPParser: false,
    requireHostHeader: true,
    // h2c (curl --http2) is served as HTTP/1.1: RFC 9110 §7.8 lets a server ignore an Upgrade.
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
  });
  server.maxHeadersCount = maxFieldsSeen;
  // RFC 9112 §9.6: a client may end its side after the request and still wants the answer. Not in Node's types.
  Object.assign(server, { httpAllowHalfOpen: true });

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    onRequest(downstreamOf(request, response, false));
  });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // After an answer without 100 nobody knows whether the body comes or the next request (RFC 9110 §10.1.1).
    response.shouldKeepAlive = false;
    onRequest(downstreamOf(request, response, true));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    response.shouldKeepAlive = false;
    response.on('finish', () => socket.end());
    socket.on('error', () => socket.destroy());
    onRequest({
      ...downstreamOf(request, response, false),
      upgrade: { protocol: request.headers.upgrade ?? '', socket, head },
    });
  });
  server.on('connect', onConnect);
  server.on('clientError', refuseUnparsable);
  // Node enforces the head timeout from the moment it listens, which this server never does itself.
  server.emit('listening');
  return server;
}

function downstreamOf(
  request: IncomingMessage,
  response: ServerResponse,
  expectsContinue: boolean,
): Downstream {
  const { socket } = request;
  const isTls = socket instanceof TLSSocket;
  return {
    request,
    response,
    peer: isTls ? peerOf(socket) : undefined,
    serverName: isTls && typeof socket.servername === 'string' ? socket.servername.toLowerCase() : '',
    remoteAddress: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    upgrade: undefined,
    expectsContinue,
  };
}

function refuseUnparsable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, why] = statusOf(error.code);
  const body = `${why}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nserver: heddle\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

function statusOf(code: string | undefined): readonly [string, string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return ['431 Request Header Fields Too Large', `the request head is larger than ${maxHeadBytes} bytes`];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['408 Request Timeout', `no complete request head within ${headTimeoutMs} ms`];
    default:
      return ['400 Bad Request', 'malformed request'];
  }
}
