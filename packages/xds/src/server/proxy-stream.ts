/**
 * One ADS stream: sends what the proxy lacks, in an order in which nothing is referred to before it is there or taken away
 * while it is referred to.
 *
 * Additions and changes go clusters, endpoints, listeners, routes; a type waits while an earlier one has something unsent.
 * Endpoints and secrets wait for nobody. Removals go once everything else has been accepted: listeners, routes, clusters, endpoints.
 */
import type { Clock } from '../clock.ts';
import {
  isWildcardType,
  pushOrder,
  removalOrder,
  resourceTypeOf,
  type ResourceType,
} from '../resource/resource-type.ts';
import { snapshotTypes, type ResourceSet } from '../resource/snapshot.ts';
import type { DeltaResponse } from '../wire/delta-messages.ts';
import type { Protocol, Request } from './protocol.ts';
import type { Update } from './subscription.ts';
import { TypeStream, type TypeSync } from './type-stream.ts';

/** A proxy that does not answer does not hold removals up for longer; one that refuses a change does. */
const removalsWaitMs = 10_000;

const noErrors: DeltaResponse['errors'] = [];

export interface ProxyStreamOptions {
  readonly protocol: Protocol;
  readonly clock: Clock;
  /** What the proxy is to have of a type; undefined until that is known. */
  readonly target: (type: ResourceType) => ResourceSet | undefined;
  /** In the versions of responses. */
  readonly revision: () => number;
  readonly write: (bytes: Buffer) => void;
}

export class ProxyStream {
  readonly #options: ProxyStreamOptions;
  readonly #types = new Map<ResourceType, TypeStream>();
  #sequence = 0;
  #cancelRemovalTimer: (() => void) | undefined;

  constructor(options: ProxyStreamOptions) {
    this.#options = options;
  }

  /** Everything that is published has been accepted. */
  get isInSync(): boolean {
    return (
      this.#hasSecrets &&
      snapshotTypes.every((type) => {
        const stream = this.#types.get(type);
        const target = this.#options.target(type);
        if (target === undefined) return false;
        // Routes and endpoints are asked for once what names them is there; that is part of taking it in.
        if (stream === undefined) return !isWildcardType(type) && target.size === 0;
        return !stream.isInFlight && !stream.isNacked && stream.next(target, true) === undefined;
      })
    );
  }

  /** A proxy that has not asked for secrets yet does so once it has what names them. */
  get #hasSecrets(): boolean {
    const stream = this.#types.get('SDS');
    const target = this.#options.target('SDS');
    if (stream === undefined || target === undefined) return true;
    return !stream.isInFlight && !stream.isNacked && stream.next(target, true) === undefined;
  }

  /** @returns false for a type that we do not serve */
  receive(request: Request): boolean {
    const type = resourceTypeOf(request.typeUrl);
    if (type === undefined) return false;
    this.#typeStream(type).receive(request, this.#options.clock.now());
    this.push();
    return true;
  }

  /** Something else is to be had: the wait for removals begins anew. */
  changed(): void {
    this.#stopRemovalTimer();
    this.push();
  }

  push(): void {
    this.#pushAdditions();
    const streams = [...this.#types.values()];
    if (streams.some((stream) => stream.type !== 'SDS' && stream.isNacked)) return;
    if (streams.some((stream) => stream.type !== 'SDS' && stream.isInFlight)) {
      this.#startRemovalTimer();
      return;
    }
    this.#stopRemovalTimer();
    this.#pushRemovals();
  }

  /** Says why a secret could not be made. */
  refuse(name: string, reason: string): void {
    this.#send(this.#typeStream('SDS'), { resources: [], removed: [] }, [{ name, reason }]);
  }

  sync(): readonly TypeSync[] {
    const now = this.#options.clock.now();
    return pushOrder
      .map((type) => this.#types.get(type)?.sync(this.#options.target(type), now))
      .filter((sync) => sync !== undefined);
  }

  close(): void {
    this.#stopRemovalTimer();
  }

  #pushAdditions(): void {
    let isBlocked = false;
    for (const type of pushOrder) {
      const stream = this.#types.get(type);
      const target = this.#options.target(type);
      if (stream === undefined || target === undefined) continue;
      const waitsForOthers = type !== 'EDS' && type !== 'SDS';
      if (waitsForOthers && isBlocked) continue;
      const update = stream.next(target, false);
      if (update === undefined) continue;
      if (!stream.isInFlight) this.#send(stream, update, noErrors);
      // The rest of it, or a newer change, is still to come.
      else if (waitsForOthers) isBlocked = true;
    }
  }

  #pushRemovals(): void {
    for (const type of removalOrder) {
      const stream = this.#types.get(type);
      const target = this.#options.target(type);
      if (stream === undefined || target === undefined || stream.isInFlight) continue;
      const update = stream.next(target, true);
      if (update !== undefined) this.#send(stream, update, noErrors);
    }
  }

  #send(stream: TypeStream, update: Update, errors: DeltaResponse['errors']): void {
    this.#sequence += 1;
    const nonce = String(this.#sequence);
    // Unique on the stream, so that in state of the world an ACK cannot be taken for that of an older response.
    const version = `${this.#options.revision()}.${nonce}`;
    stream.sent(update, version, nonce, this.#options.clock.now());
    this.#options.write(
      this.#options.protocol.write({ type: stream.type, version, nonce, ...update, errors }),
    );
  }

  #typeStream(type: ResourceType): TypeStream {
    let stream = this.#types.get(type);
    if (stream === undefined) {
      stream = new TypeStream(type, this.#options.protocol.subscribe(type));
      this.#types.set(type, stream);
    }
    return stream;
  }

  #startRemovalTimer(): void {
    this.#cancelRemovalTimer ??= this.#options.clock.schedule(removalsWaitMs, () => {
      this.#cancelRemovalTimer = undefined;
      this.#pushRemovals();
    });
  }

  #stopRemovalTimer(): void {
    this.#cancelRemovalTimer?.();
    this.#cancelRemovalTimer = undefined;
  }
}
