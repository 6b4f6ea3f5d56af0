import type { ClientRequest, IncomingMessage } from 'node:http';

/** Bodies up to this size can be sent a second time. */
const maxReplayBytes = 64 * 1024;
/** What a client may still send after the answer before its connection is cut. */
const maxDiscardBytes = 256 * 1024;

/**
 * The body on its way up: streamed with back pressure to one upstream request at a time, and kept while it is small,
 * so that a retry can send it again from the start.
 */
export class RequestBody {
  readonly #request: IncomingMessage;
  readonly #onBytes: (n: number) => void;
  #target: ClientRequest | undefined;
  #kept: Buffer[] | undefined = [];
  #keptBytes = 0;
  #started = false;
  #complete: boolean;
  readonly #whenComplete: (() => void)[] = [];
  /** Somebody looks at the beginning before it goes on. */
  #peek: { readonly maxBytes: number; readonly done: () => void } | undefined;

  /** @param onBytes called once for every chunk received from the client */
  constructor(request: IncomingMessage, isEmpty: boolean, onBytes: (n: number) => void) {
    this.#request = request;
    this.#complete = isEmpty;
    this.#onBytes = onBytes;
  }

  /** Whether a new try would get the same bytes as the first. */
  get isReplayable(): boolean {
    return this.#kept !== undefined;
  }

  /** There is none, or nothing has come of it yet and nothing will. */
  get isEmpty(): boolean {
    return this.#complete && this.#keptBytes === 0;
  }

  get isComplete(): boolean {
    return this.#complete;
  }

  /** Sends all of it to this upstream request, from the start. */
  sendTo(target: ClientRequest): void {
    this.#target = target;
    for (const chunk of this.#kept ?? []) target.write(chunk);
    if (this.#complete) {
      this.#end(target);
      return;
    }
    target.on('drain', () => {
      if (this.#target === target) this.#request.resume();
    });
    if (this.#started) this.#request.resume();
    else this.#start();
  }

  /** The upstream request is over: what comes now waits for the next one. */
  detach(target: ClientRequest): void {
    if (this.#target !== target) return;
    this.#target = undefined;
    if (this.#started && !this.#complete) this.#request.pause();
  }

  /**
   * The first bytes, once there are as many, or all; it goes on from the start when it is sent.
   *
   * @returns at most `maxBytes`, and whether that is the whole body
   */
  async peek(maxBytes: number): Promise<{ bytes: Buffer; isWhole: boolean }> {
    if (!this.#complete) {
      const looked = Promise.withResolvers<void>();
      this.#peek = { maxBytes, done: looked.resolve };
      this.#request.once('close', looked.resolve);
      this.#start();
      await looked.promise;
      this.#request.off('close', looked.resolve);
      this.#peek = undefined;
    }
    const bytes = Buffer.concat(this.#kept ?? []);
    return { bytes: bytes.subarray(0, maxBytes), isWhole: this.#complete && bytes.length <= maxBytes };
  }

  /** The whole body once it has arrived, undefined if it was too large to keep. */
  whenWhole(use: (body: Buffer | undefined) => void): void {
    const call = () => use(this.#kept === undefined ? undefined : Buffer.concat(this.#kept));
    if (this.#complete) call();
    else this.#whenComplete.push(call);
  }

  /** Reads off the rest after the answer, within reason: closing now could reset the connection before the answer arrived. */
  discard(): void {
    this.#target = undefined;
    this.#kept = undefined;
    if (this.#complete) return;
    let discarded = 0;
    this.#request.on('data', (chunk: Buffer) => {
      discarded += chunk.length;
      if (discarded > maxDiscardBytes) this.#request.socket.destroy();
    });
    this.#request.resume();
  }

  #start(): void {
    this.#started = true;
    this.#request.on('data', (chunk: Buffer) => {
      this.#onBytes(chunk.length);
      this.#keep(chunk);
      if (this.#target?.write(chunk) === false) this.#request.pause();
      if (this.#peek !== undefined && this.#keptBytes > this.#peek.maxBytes) {
        this.#request.pause();
        this.#peek.done();
      }
    });
    this.#request.on('end', () => {
      this.#complete = true;
      if (this.#target !== undefined) this.#end(this.#target);
      this.#peek?.done();
      for (const call of this.#whenComplete.splice(0)) call();
    });
  }

  #keep(chunk: Buffer): void {
    if (this.#kept === undefined) return;
    this.#keptBytes += chunk.length;
    if (this.#keptBytes > maxReplayBytes && this.#peek === undefined) this.#kept = undefined;
    else this.#kept.push(chunk);
  }

  #end(target: ClientRequest): void {
    const trailers = pairsOf(this.#request.rawTrailers);
    if (trailers.length > 0) target.addTrailers(trailers);
    target.end();
  }
}

/** name, value, name, value ... as the pairs that `addTrailers` takes. */
export function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) pairs.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return pairs;
}
