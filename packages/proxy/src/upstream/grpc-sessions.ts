import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { UpstreamConnectError } from './connect-error.ts';
import { openConnection } from './connection.ts';
import type { ConnectionTls } from './connection-tls.ts';

const idleMs = 60_000;
const maxAnswerBytes = 1024 * 1024;

/** Where a call goes. */
export interface CallTarget {
  readonly address: string;
  readonly port: number;
  readonly tls: ConnectionTls | undefined;
  readonly connectTimeoutMs: number;
}

export interface UnaryCall {
  readonly authority: string;
  /** `/package.Service/Method` */
  readonly path: string;
  readonly message: Uint8Array;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Calls of gRPC with one message each way, over HTTP/2 connections that are kept: one for each endpoint and its TLS. */
export class GrpcSessions {
  readonly #sessions = new Map<string, Promise<ClientHttp2Session>>();

  /** @throws why there is no answer: no connection, no time, or a status of gRPC other than OK */
  async call(target: CallTarget, call: UnaryCall): Promise<Uint8Array> {
    const signal = AbortSignal.any([call.signal, AbortSignal.timeout(call.timeoutMs)]);
    const session = await withSignal(this.#sessionOf(target), signal);
    try {
      return await askOnce(session, call, signal);
    } catch (error) {
      // A kept connection that the peer has closed meanwhile says nothing about the peer.
      if (!session.destroyed || signal.aborted) throw error;
      return askOnce(await withSignal(this.#sessionOf(target), signal), call, signal);
    }
  }

  close(): void {
    for (const opening of this.#sessions.values()) {
      opening.then(
        (session) => session.destroy(),
        () => {},
      );
    }
    this.#sessions.clear();
  }

  #sessionOf(target: CallTarget): Promise<ClientHttp2Session> {
    const key = `${target.address}:${target.port} ${target.tls?.id ?? 'plain'}`;
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const opening = openSession(target);
    const forget = () => {
      if (this.#sessions.get(key) === opening) this.#sessions.delete(key);
    };
    this.#sessions.set(key, opening);
    opening.then((session) => {
      session.on('error', forget);
      session.on('goaway', forget);
      session.on('close', forget);
      // Also one whose certificate or endpoint is no longer in use.
      session.setTimeout(idleMs, () => {
        forget();
        session.close();
      });
    }, forget);
    return opening;
  }
}

function openSession({ address, port, tls, connectTimeoutMs }: CallTarget): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    const h2 = tls && { ...tls, alpn: ['h2'] };
    openConnection({ address, port, tls: h2 }, connectTimeoutMs, (error, socket) => {
      if (error !== null) {
        reject(error);
        return;
      }
      const session = connect(`http://${address}`, { createConnection: () => socket });
      session.once('connect', () => resolve(session));
      session.once('error', (cause) => reject(new UpstreamConnectError(cause.message, { cause })));
      session.unref();
    });
  });
}

function askOnce(session: ClientHttp2Session, call: UnaryCall, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const stream = session.request(
      {
        ':method': 'POST',
        ':path': call.path,
        ':authority': call.authority,
        'content-type': 'application/grpc',
        te: 'trailers',
        'grpc-timeout': `${Math.min(Math.ceil(call.timeoutMs), 99_999_999)}m`,
      },
      { signal },
    );
    const chunks: Buffer[] = [];
    let bytes = 0;
    let status: string | undefined;
    let words: string | undefined;
    const read = (fields: IncomingHttpHeaders) => {
      status ??= fields['grpc-status']?.toString();
      words ??= fields['grpc-message']?.toString();
    };
    stream.on('response', (fields) => {
      read(fields);
      const http = fields[':status'];
      if (http !== 200) reject(new Error(`HTTP status ${http}`));
    });
    stream.on('trailers', read);
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxAnswerBytes) stream.destroy(new Error(`an answer of more than ${maxAnswerBytes} bytes`));
      else chunks.push(chunk);
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (status !== '0') reject(new Error(`gRPC status ${status ?? 'unknown'} ${words ?? ''}`.trim()));
      else {
        const message = messageIn(Buffer.concat(chunks));
        if (message === undefined) reject(new Error('an answer that is no message'));
        else resolve(message);
      }
    });
    stream.end(frameOf(call.message));
  });
}

/** gRPC over HTTP/2, Length-Prefixed-Message: not compressed, four bytes of length. */
function frameOf(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function messageIn(frame: Buffer): Uint8Array | undefined {
  const isWhole = frame.length >= 5 && frame[0] === 0 && frame.readUInt32BE(1) === frame.length - 5;
  return isWhole ? frame.subarray(5) : undefined;
}

/** What is waited for may go on; who waits does not. */
function withSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
