/** The streams of AggregatedDiscoveryService: who is at the other end, and what each message means. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Metadata, status, type ServerDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '../clock.ts';
import { decodeNode, type ProxyNode } from '../node.ts';
import { encodeResource, type EncodedResource } from '../resource/codec.ts';
import { bundleSecret, identitySecret } from '../resource/secret.ts';
import type { Protocol, Request } from './protocol.ts';
import { ProxyRecord } from './proxy-record.ts';
import { ProxyStream } from './proxy-stream.ts';

/** Istio's type for a workload's report on its own health, sent as if it were a subscription. */
export const healthType = 'type.googleapis.com/istio.v1.HealthInformation';

/** What the control plane decides and wants to know. */
export interface AdsHooks {
  /** `ok: false` ends the stream with UNAUTHENTICATED and the reason. */
  authenticate(token: string | undefined, node: ProxyNode): { ok: true } | { ok: false; reason: string };
  /** Signs a request of an authenticated proxy. Throws with a reason that the proxy is told. */
  issueSvid(node: ProxyNode, csrPem: string): { chainPem: string; bundlePem: string; notAfterMs: number };
  /** A new stream of a proxy, also when it replaces one that is still open. */
  connected(proxy: ProxyNode): void;
  disconnected(proxyId: string): void;
  health(proxyId: string, healthy: boolean, reason: string): void;
  telemetry(proxyId: string, frame: Uint8Array): void;
  /** Something in its ProxySync may have changed. */
  status(proxyId: string): void;
}

/** An open stream whose first message has been accepted. */
interface Session {
  readonly record: ProxyRecord;
  readonly stream: ProxyStream;
  readonly secrets: Map<string, EncodedResource>;
  /** The newest request for a certificate. */
  csrPem: string | undefined;
  readonly end: (code: status, reason: string) => void;
}

/** Ends a stream with a status that says why. */
class StreamError extends Error {
  readonly code: status;

  constructor(code: status, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export class AdsService {
  readonly #clock: Clock;
  readonly #hooks: AdsHooks;
  readonly #records = new Map<string, ProxyRecord>();
  readonly #sessions = new Map<string, Session>();
  /** By proxy, the digest of the token that its stream was accepted with. */
  readonly #tokenDigests = new Map<string, Buffer>();
  #bundle: EncodedResource | undefined;

  constructor(clock: Clock, hooks: AdsHooks) {
    this.#clock = clock;
    this.#hooks = hooks;
  }

  get records(): ReadonlyMap<string, ProxyRecord> {
    return this.#records;
  }

  /** Drops what is known of a proxy that will not come back. */
  forget(proxyId: string): void {
    if (!this.#sessions.has(proxyId)) this.#records.delete(proxyId);
  }

  /** Handles one stream from its first byte to its end. */
  serve(call: ServerDuplexStream<Buffer, Buffer>, protocol: Protocol): void {
    let session: Session | undefined;
    let isEnded = false;
    const close = () => {
      if (session !== undefined) this.#closed(session);
      session = undefined;
    };
    const end = (code: status, reason: string) => {
      if (isEnded) return;
      isEnded = true;
      close();
      call.emit('error', { code, details: reason });
    };
    call.on('data', (bytes: Buffer) => {
      if (isEnded) return;
      try {
        const request = parse(() => protocol.read(bytes));
        session ??= this.#open(call, protocol, request, end);
        this.#receive(session, protocol, request);
      } catch (error) {
        if (error instanceof StreamError) end(error.code, error.message);
        else end(status.INTERNAL, error instanceof Error ? error.message : String(error));
      }
    });
    call.on('end', () => {
      close();
      if (!isEnded) call.end();
      isEnded = true;
    });
    call.on('cancelled', close);
    call.on('close', close);
    call.on('error', close);
  }

  /** Whether `token` is the one with which the proxy's stream, still open, was accepted. */
  isBound(proxyId: string, token: string | undefined): boolean {
    const digest = this.#tokenDigests.get(proxyId);
    return digest !== undefined && timingSafeEqual(digest, digestOf(token));
  }

  publishBundle(bundlePem: string): void {
    this.#bundle = encodeResource('SDS', { kind: 'bundle', bundlePem });
    for (const session of this.#sessions.values()) {
      session.secrets.set(bundleSecret, this.#bundle);
      session.stream.push();
    }
  }

  /** Everybody who is connected gets a certificate anew, for the key it has: identities have changed. */
  reissue(): void {
    for (const session of this.#sessions.values()) {
      if (session.csrPem === undefined || this.#sign(session, session.csrPem) !== undefined) continue;
      session.stream.push();
      this.#hooks.status(session.record.node.id);
    }
  }

  closeAll(): void {
    for (const session of this.#sessions.values()) {
      session.end(status.UNAVAILABLE, 'the control plane is shutting down');
    }
  }

  #open(
    call: ServerDuplexStream<Buffer, Buffer>,
    protocol: Protocol,
    request: Request,
    end: Session['end'],
  ): Session {
    const bytes = request.node;
    if (bytes === undefined) throw new StreamError(status.INVALID_ARGUMENT, 'the first request has no node');
    const { node } = parse(() => decodeNode(bytes));
    const token = bearerToken(call.metadata);
    const verdict = this.#hooks.authenticate(token, node);
    if (!verdict.ok) throw new StreamError(status.UNAUTHENTICATED, verdict.reason);
    // A proxy that was cut off comes back before its old stream is known to be dead.
    this.#sessions.get(node.id)?.end(status.ABORTED, 'replaced by a newer stream of the same proxy');

    const record = this.#records.get(node.id) ?? new ProxyRecord(node, this.#clock);
    const secrets = new Map<string, EncodedResource>();
    if (this.#bundle !== undefined) secrets.set(bundleSecret, this.#bundle);
    const stream = new ProxyStream({
      protocol,
      clock: this.#clock,
      target: (type) =>
        // Its own certificate and the roots come after: no document can take their place.
        type === 'SDS' ? new Map([...(record.target('SDS') ?? []), ...secrets]) : record.target(type),
      revision: () => record.publishedRevision,
      write: (message) => call.write(message),
    });
    const session: Session = { record, stream, secrets, csrPem: undefined, end };
    this.#records.set(node.id, record);
    this.#sessions.set(node.id, session);
    this.#tokenDigests.set(node.id, digestOf(token));
    record.connected(node, stream);
    // The headers tell the client that it is in: a proxy that has everything already may get nothing else for long.
    call.sendMetadata(new Metadata());
    this.#hooks.connected(node);
    return session;
  }

  #closed(session: Session): void {
    session.stream.close();
    if (!session.record.disconnected(session.stream)) return;
    const { id } = session.record.node;
    this.#sessions.delete(id);
    this.#tokenDigests.delete(id);
    this.#hooks.disconnected(id);
  }

  #receive(session: Session, protocol: Protocol, request: Request): void {
    const { record, stream } = session;
    if (request.typeUrl === healthType) {
      this.#hooks.health(record.node.id, request.error === undefined, request.error ?? '');
      return;
    }
    const refusal = this.#issue(session, protocol, request);
    if (!parse(() => stream.receive(request))) return;
    if (refusal !== undefined) stream.refuse(identitySecret, refusal);
    record.settle();
    this.#hooks.status(record.node.id);
  }

  /** @returns why there is no new certificate; undefined when there is one or none was asked for */
  #issue(session: Session, protocol: Protocol, request: Request): string | undefined {
    const bytes = request.node;
    const csrPem = bytes === undefined ? undefined : parse(() => decodeNode(bytes)).csrPem;
    if (csrPem === undefined) return undefined;
    const refusal = this.#sign(session, csrPem);
    if (refusal === undefined || protocol.carriesErrors) return refusal;
    throw new StreamError(status.INVALID_ARGUMENT, `no certificate: ${refusal}`);
  }

  /** @returns why there is none; undefined when there is one */
  #sign(session: Session, csrPem: string): string | undefined {
    const { record, secrets } = session;
    try {
      const { chainPem, bundlePem, notAfterMs } = this.#hooks.issueSvid(record.node, csrPem);
      secrets.set(identitySecret, encodeResource('SDS', { kind: 'identity', chainPem }));
      secrets.set(bundleSecret, encodeResource('SDS', { kind: 'bundle', bundlePem }));
      record.certificateNotAfterMs = notAfterMs;
      session.csrPem = csrPem;
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

/** What the client sent wrongly is its own fault, and says so. */
function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StreamError(status.INVALID_ARGUMENT, `malformed request: ${reason}`, { cause });
  }
}

export function bearerToken(metadata: Metadata): string | undefined {
  const header = metadata.get('authorization')[0];
  return typeof header === 'string' && header.startsWith('Bearer ')
    ? header.slice('Bearer '.length)
    : undefined;
}

function digestOf(token: string | undefined): Buffer {
  return createHash('sha256')
    .update(token ?? '')
    .digest();
}
