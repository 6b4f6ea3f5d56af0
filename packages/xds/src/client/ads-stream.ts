/** The client's side of one delta ADS stream and the telemetry stream beside it, over one connection of their own. */
import {
  Client,
  credentials,
  Metadata,
  status,
  type ClientDuplexStream,
  type ClientWritableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { delta } from '../server/protocol.ts';
import { proxyIdHeader, telemetryPath } from '../server/telemetry-service.ts';
import {
  readDeltaResponse,
  writeDeltaRequest,
  type DeltaRequest,
  type DeltaResponse,
} from '../wire/delta-messages.ts';

export interface AdsStreamOptions {
  /** `http://host:port`, or `https://` for a server that is verified with `caPem` (default: the system's roots). */
  readonly url: string;
  readonly caPem?: string | undefined;
  readonly token: string;
  readonly proxyId: string;
  readonly keepaliveMs: number;
  /** The server has let us in. */
  readonly opened: () => void;
  readonly received: (response: DeltaResponse) => void;
  /** Once, whatever the reason. */
  readonly closed: (reason: string) => void;
}

/** A snapshot of thousands of clusters in state of the world is some 16 MiB; more is a fault. */
const maxMessageBytes = 64 * 1024 * 1024;

const rawBytes = (bytes: Buffer) => bytes;

export class AdsStream {
  readonly #options: AdsStreamOptions;
  readonly #client: Client;
  readonly #call: ClientDuplexStream<Buffer, Buffer>;
  #telemetry: ClientWritableStream<Buffer> | undefined;
  #isTelemetryFull = false;
  #isOpen = false;
  #isClosed = false;

  constructor(options: AdsStreamOptions) {
    this.#options = options;
    const url = new URL(options.url);
    this.#client = new Client(
      url.port === '' ? `${url.hostname}:${url.protocol === 'https:' ? 443 : 80}` : url.host,
      url.protocol === 'https:'
        ? credentials.createSsl(options.caPem === undefined ? null : Buffer.from(options.caPem))
        : credentials.createInsecure(),
      {
        'grpc.keepalive_time_ms': options.keepaliveMs,
        'grpc.keepalive_timeout_ms': options.keepaliveMs / 2,
        'grpc.keepalive_permit_without_calls': 1,
        'grpc.max_receive_message_length': maxMessageBytes,
        // The mesh's own control channel does not go through a proxy of the environment.
        'grpc.enable_http_proxy': 0,
        // Reconnecting is decided in one place, the session's backoff; a shared channel would add its own.
        'grpc.use_local_subchannel_pool': 1,
        'grpc.enable_retries': 0,
      },
    );
    this.#call = this.#client.makeBidiStreamRequest(delta.path, rawBytes, rawBytes, this.#metadata());
    this.#call.on('metadata', () => {
      this.#isOpen = true;
      options.opened();
    });
    this.#call.on('data', (bytes: Buffer) => {
      if (!this.#isClosed) this.#receive(bytes);
    });
    this.#call.on('error', (error: ServiceError) => this.#closed(`${status[error.code]}: ${error.details}`));
    this.#call.on('end', () => this.#closed('the server ended the stream'));
  }

  send(request: Partial<DeltaRequest> & Pick<DeltaRequest, 'typeUrl'>): void {
    if (this.#isClosed) return;
    this.#call.write(
      writeDeltaRequest({
        subscribe: [],
        unsubscribe: [],
        initialVersions: new Map(),
        nonce: '',
        ...request,
      }),
    );
  }

  /** @returns false when the frame was dropped: not connected, or the server is slower than the frames */
  sendTelemetry(frame: Uint8Array): boolean {
    if (this.#isClosed || !this.#isOpen || this.#isTelemetryFull) return false;
    this.#telemetry ??= this.#openTelemetry();
    if (!this.#telemetry.write(Buffer.from(frame))) this.#isTelemetryFull = true;
    return true;
  }

  close(): void {
    this.#closed('closed');
  }

  #receive(bytes: Buffer): void {
    let response: DeltaResponse;
    try {
      response = readDeltaResponse(bytes);
    } catch (error) {
      this.#closed(`malformed response: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    this.#options.received(response);
  }

  #openTelemetry(): ClientWritableStream<Buffer> {
    const metadata = this.#metadata();
    metadata.set(proxyIdHeader, this.#options.proxyId);
    const call = this.#client.makeClientStreamRequest(telemetryPath, rawBytes, rawBytes, metadata, () => {
      // Refused or cut off: the next frame tries again.
      if (this.#telemetry === call) this.#telemetry = undefined;
      this.#isTelemetryFull = false;
    });
    call.on('drain', () => {
      this.#isTelemetryFull = false;
    });
    return call;
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${this.#options.token}`);
    return metadata;
  }

  #closed(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#telemetry?.cancel();
    this.#call.cancel();
    this.#client.close();
    this.#options.closed(reason);
  }
}
