/** One type on one stream: at most one response is out at a time, and its fate is known. */
import type { ResourceSet } from '../resource/snapshot.ts';
import type { ResourceType } from '../resource/resource-type.ts';
import type { Request } from './protocol.ts';
import type { Subscription, Update } from './subscription.ts';

/** Longer without an answer, and the proxy counts as stale. */
export const staleAfterMs = 5000;

/** How far one type is on one proxy. Times are unix milliseconds. */
export interface TypeSync {
  readonly type: ResourceType;
  /** `pending`: there is something to send. `stale`: sent, and not answered for 5 s. */
  readonly state: 'pending' | 'sent' | 'acked' | 'nacked' | 'stale' | 'offline';
  /** How many the proxy is subscribed to. */
  readonly resources: number;
  readonly sentAtMs: number | null;
  readonly ackedAtMs: number | null;
  /** Why it was refused, in the words of the proxy. */
  readonly nack: string | null;
}

export class TypeStream {
  readonly type: ResourceType;
  readonly #subscription: Subscription;
  /** What the client has all of: asked at every answer of every type, and made out anew only when something has changed. */
  #toldAllOf: ResourceSet | undefined;
  #counted: { readonly of: ResourceSet; readonly count: number } | undefined;
  #version = '';
  #nonce = '';
  #isInFlight = false;
  #nack: string | null = null;
  #sentAtMs: number | null = null;
  #ackedAtMs: number | null = null;

  constructor(type: ResourceType, subscription: Subscription) {
    this.type = type;
    this.#subscription = subscription;
  }

  get isInFlight(): boolean {
    return this.#isInFlight;
  }

  get isNacked(): boolean {
    return this.#nack !== null;
  }

  /** What the client still has to be told; undefined when it is up to date. `mayRemove`: removals too. */
  next(target: ResourceSet, mayRemove: boolean): Update | undefined {
    if (this.#toldAllOf === target) return undefined;
    const update = this.#subscription.next(target, mayRemove);
    if (update === undefined && mayRemove) this.#toldAllOf = target;
    return update;
  }

  sent(update: Update, version: string, nonce: string, nowMs: number): void {
    this.#subscription.sent(update);
    this.#toldAllOf = undefined;
    this.#version = version;
    this.#nonce = nonce;
    this.#isInFlight = true;
    this.#sentAtMs = nowMs;
  }

  /**
   * Takes on the answer and the names in a request.
   *
   * An answer to a response that is not the newest says nothing: it was overtaken. One to the newest counts even after
   * the first: a client may find out later that it can, or cannot, live with what it took.
   */
  receive(request: Request, nowMs: number): void {
    const isState = request.version !== undefined;
    const isAnswer = request.nonce !== '' && this.#nonce !== '';
    if (isAnswer && request.nonce !== this.#nonce) {
      // In state of the world a newer request with all names follows; in delta what is said here is said once.
      if (!isState) this.#change(request);
      return;
    }
    if (isAnswer) this.#answered(request, nowMs);
    if (!isAnswer || isState || request.subscribe.length + request.unsubscribe.length > 0) {
      this.#change(request);
    }
  }

  sync(target: ResourceSet | undefined, nowMs: number): TypeSync {
    return {
      type: this.type,
      state: this.#state(target, nowMs),
      resources: target === undefined ? 0 : this.#count(target),
      sentAtMs: this.#sentAtMs,
      ackedAtMs: this.#ackedAtMs,
      nack: this.#nack,
    };
  }

  #change(request: Request): void {
    this.#subscription.change(request);
    this.#toldAllOf = undefined;
    this.#counted = undefined;
  }

  #count(target: ResourceSet): number {
    if (this.#counted?.of !== target) this.#counted = { of: target, count: this.#subscription.count(target) };
    return this.#counted.count;
  }

  #answered(request: Request, nowMs: number): void {
    if (request.error !== undefined) {
      this.#isInFlight = false;
      this.#nack = request.error === '' ? 'refused without a reason' : request.error;
    } else if (request.version === undefined || request.version === this.#version) {
      this.#isInFlight = false;
      this.#nack = null;
      this.#ackedAtMs = nowMs;
    }
  }

  #state(target: ResourceSet | undefined, nowMs: number): TypeSync['state'] {
    if (this.#isInFlight) return nowMs - (this.#sentAtMs ?? nowMs) > staleAfterMs ? 'stale' : 'sent';
    if (this.#nack !== null) return 'nacked';
    if (target === undefined || this.next(target, true) !== undefined) return 'pending';
    return 'acked';
  }
}
