/** An ADS client that says exactly what a test tells it to. */
import {
  Client,
  credentials,
  Metadata,
  status,
  type ClientDuplexStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { writeStatus } from '../wire/common-messages.ts';
import { EventLog } from './event-log.ts';
import { token } from './mesh.ts';

export interface RawResponse {
  readonly version: string;
  readonly nonce: string;
  readonly typeUrl: string;
  /** How many resources, whatever they are. */
  readonly resources: number;
}

const rawBytes = (bytes: Buffer) => bytes;

export class RawStream {
  /** Responses in state of the world, and the words with which the stream ended. */
  readonly events = new EventLog<RawResponse | string>();
  readonly #client: Client;
  readonly #call: ClientDuplexStream<Buffer, Buffer>;

  constructor(port: number, path: string) {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    this.#call = this.#client.makeBidiStreamRequest(path, rawBytes, rawBytes, metadata);
    this.#call.on('data', (bytes: Buffer) => this.events.push(readResponse(bytes)));
    this.#call.on('error', (error: ServiceError) =>
      this.events.push(`${status[error.code]}: ${error.details}`),
    );
  }

  send(bytes: Uint8Array): void {
    this.#call.write(Buffer.from(bytes));
  }

  /** The response at `index`, once it is there. */
  async response(index: number): Promise<RawResponse> {
    const isResponse = (event: RawResponse | string): event is RawResponse => typeof event !== 'string';
    return this.events.waitFor(
      (event): event is RawResponse => isResponse(event) && this.events.events.indexOf(event) === index,
    );
  }

  close(): void {
    this.#call.cancel();
    this.#client.close();
  }
}

/** A DiscoveryRequest in state of the world. */
export function sotwRequest(request: {
  readonly node?: Uint8Array;
  readonly typeUrl: string;
  readonly names?: readonly string[];
  readonly version?: string;
  readonly nonce?: string;
  readonly error?: string;
}): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).string(request.version ?? '');
  if (request.node !== undefined) writer.tag(2, WireType.LengthDelimited).bytes(request.node);
  for (const name of request.names ?? []) writer.tag(3, WireType.LengthDelimited).string(name);
  writer.tag(4, WireType.LengthDelimited).string(request.typeUrl);
  writer.tag(5, WireType.LengthDelimited).string(request.nonce ?? '');
  if (request.error !== undefined)
    writeStatus(writer.tag(6, WireType.LengthDelimited).fork(), request.error).join();
  return writer.finish();
}

/** Both forms of a response have these at the same numbers. */
function readResponse(bytes: Uint8Array): RawResponse {
  const reader = new BinaryReader(bytes);
  let version = '';
  let nonce = '';
  let typeUrl = '';
  let resources = 0;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) version = reader.string();
    else if (field === 4) typeUrl = reader.string();
    else if (field === 5) nonce = reader.string();
    else {
      if (field === 2) resources += 1;
      reader.skip(wireType, field);
    }
  }
  return { version, nonce, typeUrl, resources };
}
