/** The proxy's end: keeps one delta ADS stream open, hands over consistent snapshots and identities, and reports back. */
import { systemClock, type Clock } from '../clock.ts';
import { encodeNode, type ProxyNode } from '../node.ts';
import { decodeResource } from '../resource/codec.ts';
import { resourceTypeOf, typeUrl, type ResourceType } from '../resource/resource-type.ts';
import { bundleSecret, identitySecret } from '../resource/secret.ts';
import type { SnapshotType } from '../resource/snapshot.ts';
import { healthType } from '../server/ads-service.ts';
import type { DeltaResponse } from '../wire/delta-messages.ts';
import { AdsStream } from './ads-stream.ts';
import { Backoff } from './backoff.ts';
import { IdentitySession, type Identity } from './identity-session.ts';
import { ResourceStore, type SnapshotChanges } from './resource-store.ts';
import type { ProxySnapshot, TlsSecret } from '@heddle/traffic';

export interface AdsClientHooks {
  /**
   * Everything that it refers to is in it. The first has everything in `changed`.
   *
   * Throw to refuse it, having changed nothing: the control plane is told the message. What was refused is offered again
   * with the next change, and after that, if need be, the next change without it.
   *
   * Resolves when ports are open that had to be opened. Rejected, everything but the listeners that it names is
   * in force; the control plane is told so as a refusal of listeners, and the same snapshot is offered again after a pause.
   */
  snapshot(snapshot: ProxySnapshot, changed: SnapshotChanges): Promise<void>;
  /** A certificate for the key of the newest CSR, or new roots beside the one in use. Throw to refuse it. */
  identity(identity: Identity): void;
  /**
   * A secret that the snapshot names, when it comes and whenever it is replaced; before or after the snapshot. Throw to refuse it:
   * the control plane is told the message.
   */
  secret(secret: TlsSecret): void;
  /** The control plane does not sign our CSR. Asked again, with a new one, after a pause. */
  identityRefused(reason: string): void;
  state(state: 'connecting' | 'connected' | 'disconnected', reason: string): void;
}

export interface AdsClientOptions {
  /** `http://127.0.0.1:15010`, or `https://` with the CA that signed the server's certificate. */
  readonly url: string;
  readonly caPem?: string | undefined;
  readonly token: string;
  readonly node: ProxyNode;
  /** A PKCS#10 request in PEM, of a key that stays here. */
  createCsr(): string;
  readonly hooks: AdsClientHooks;
  readonly clock?: Clock;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  readonly keepaliveMs?: number;
}

export interface AdsClient {
  /** Kept, and told again to every new stream. */
  reportHealth(healthy: boolean, reason: string): void;
  /** Asks for a certificate for a new CSR; `identity` is called when it is there. */
  renewIdentity(): void;
  /** @returns false when the frame was dropped: no stream, or the server is slower than the frames */
  sendTelemetry(frame: Uint8Array): boolean;
  close(): void;
}

/** Routes may come before their clusters from servers that keep no order; longer, and the cluster does not exist. */
const missingClusterGraceMs = 2000;

const noChanges: SnapshotChanges = { CDS: [], EDS: [], LDS: [], RDS: [] };

export function connectAds(options: AdsClientOptions): AdsClient {
  const session = new AdsSession(options);
  session.connect();
  return session;
}

class AdsSession implements AdsClient {
  readonly #options: AdsClientOptions;
  readonly #clock: Clock;
  readonly #store = new ResourceStore();
  readonly #identity = new IdentitySession();
  readonly #reconnect: Backoff;
  readonly #renewal: Backoff;
  readonly #reopen: Backoff;
  /** Of the stream that is open. */
  readonly #subscribed = {
    RDS: new Set<string>(),
    EDS: new Set<string>(),
    SDS: new Set<string>(),
  };
  readonly #lastNonce = new Map<ResourceType, string>();
  readonly #nacked = new Set<ResourceType>();
  #stream: AdsStream | undefined;
  #health: { readonly healthy: boolean; readonly reason: string } | undefined;
  #cancelReconnect: (() => void) | undefined;
  #cancelRenewal: (() => void) | undefined;
  #cancelGrace: (() => void) | undefined;
  #cancelReopen: (() => void) | undefined;
  /** Settled when the listeners of the newest snapshot are open, or cannot be. Never rejected. */
  #opening: Promise<void> | undefined;
  /** Which of them could not be opened, and why. */
  #unopened: string | undefined;
  #isGraceOver = false;
  #isClosed = false;

  constructor(options: AdsClientOptions) {
    const random = options.random ?? Math.random;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#reconnect = new Backoff(200, 5000, random);
    this.#renewal = new Backoff(1000, 60_000, random);
    this.#reopen = new Backoff(1000, 30_000, random);
  }

  connect(): void {
    const { url, caPem, token, node, keepaliveMs = 10_000, hooks } = this.#options;
    this.#subscribed.RDS.clear();
    this.#subscribed.EDS.clear();
    this.#subscribed.SDS.clear();
    this.#lastNonce.clear();
    this.#nacked.clear();
    hooks.state('connecting', url);
    this.#stream = new AdsStream({
      url,
      caPem,
      token,
      proxyId: node.id,
      keepaliveMs,
      opened: () => {
        this.#reconnect.reset();
        hooks.state('connected', url);
      },
      received: (response) => this.#receive(response),
      closed: (reason) => this.#disconnected(reason),
    });
    this.#subscribe();
  }

  reportHealth(healthy: boolean, reason: string): void {
    this.#health = { healthy, reason };
    this.#stream?.send({ typeUrl: healthType, ...(healthy ? {} : { error: reason }) });
  }

  renewIdentity(): void {
    this.#cancelRenewal?.();
    this.#cancelRenewal = undefined;
    this.#stream?.send({
      typeUrl: typeUrl('SDS'),
      subscribe: [identitySecret],
      node: encodeNode(this.#options.node, this.#options.createCsr()),
    });
  }

  sendTelemetry(frame: Uint8Array): boolean {
    return this.#stream?.sendTelemetry(frame) ?? false;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelReconnect?.();
    this.#cancelReopen?.();
    this.#stopStreamTimers();
    this.#stream?.close();
  }

  /** The first request carries the node; each says what is here already. */
  #subscribe(): void {
    this.#stream?.send({
      typeUrl: typeUrl('CDS'),
      node: encodeNode(this.#options.node),
      initialVersions: this.#store.acceptedVersions('CDS'),
    });
    this.#subscribeNames('EDS');
    this.#stream?.send({ typeUrl: typeUrl('LDS'), initialVersions: this.#store.acceptedVersions('LDS') });
    this.#subscribeNames('RDS');
    this.#stream?.send({ typeUrl: typeUrl('SDS'), subscribe: [bundleSecret] });
    this.#subscribeSecrets();
    if (this.#identity.needsCertificate(this.#clock.now())) this.renewIdentity();
    if (this.#health !== undefined) this.reportHealth(this.#health.healthy, this.#health.reason);
  }

  /** Brings the subscription by name in line with what listeners and clusters mention. */
  #subscribeNames(type: 'RDS' | 'EDS'): void {
    const subscribed = this.#subscribed[type];
    const wanted = this.#store.candidate(true).mentioned(type);
    const added = [...wanted].filter((name) => !subscribed.has(name));
    const dropped = [...subscribed].filter((name) => !wanted.has(name));
    if (added.length === 0 && dropped.length === 0) return;
    const isFirst = subscribed.size === 0 && !this.#lastNonce.has(type);
    this.#stream?.send({
      typeUrl: typeUrl(type),
      subscribe: added,
      unsubscribe: dropped,
      ...(isFirst ? { initialVersions: this.#store.acceptedVersions(type) } : {}),
    });
    for (const name of added) {
      subscribed.add(name);
      this.#store.expect(type, name);
    }
    for (const name of dropped) {
      subscribed.delete(name);
      this.#store.drop(type, name);
    }
  }

  /** Secrets hold nothing up: a snapshot is in effect without them, and what needs one refuses connections until it is there. */
  #subscribeSecrets(): void {
    const subscribed = this.#subscribed.SDS;
    const wanted = this.#store.candidate(true).mentioned('SDS');
    const added = [...wanted].filter((name) => !subscribed.has(name));
    const dropped = [...subscribed].filter((name) => !wanted.has(name));
    if (added.length === 0 && dropped.length === 0) return;
    this.#stream?.send({ typeUrl: typeUrl('SDS'), subscribe: added, unsubscribe: dropped });
    for (const name of added) subscribed.add(name);
    for (const name of dropped) subscribed.delete(name);
  }

  #receive(response: DeltaResponse): void {
    const type = resourceTypeOf(response.typeUrl);
    if (type === undefined) return;
    this.#lastNonce.set(type, response.nonce);
    if (type === 'SDS') this.#receiveSecrets(response);
    else this.#receiveResources(type, response);
  }

  #receiveResources(type: SnapshotType, response: DeltaResponse): void {
    const unreadable = this.#store.apply(type, response);
    // Before the answer: the server then never counts a revision as accepted whose routes are still to be fetched.
    if (type === 'CDS') this.#subscribeNames('EDS');
    if (type === 'LDS') this.#subscribeNames('RDS');
    if (type === 'CDS' || type === 'LDS') this.#subscribeSecrets();
    const refusal = this.#deliver();
    if (refusal !== undefined) this.#store.refuse(type, response);
    const answer = () => this.#answer(type, unreadable ?? refusal);
    if (this.#opening === undefined) answer();
    else this.#opening.then(answer, answer);
  }

  /** @returns why the proxy refused the snapshot; undefined when it took one, or there is none yet */
  #deliver(): string | undefined {
    if (!this.#store.hasChanges) return undefined;
    const refusal = this.#offer(true);
    return refusal === undefined || !this.#store.hasRefused ? refusal : this.#offer(false);
  }

  #offer(withRefused: boolean): string | undefined {
    const candidate = this.#store.candidate(withRefused);
    if (this.#store.isWaiting(candidate)) return undefined;
    if (candidate.missingClusters().length > 0 && !this.#isGraceOver) {
      this.#waitForClusters();
      return undefined;
    }
    this.#stopGrace();
    try {
      this.#apply(candidate.snapshot(), this.#store.changes);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    this.#store.accept(withRefused);
    // What was refused before, and is in effect now, is accepted after all.
    if (!this.#store.hasRefused) for (const type of this.#nacked) this.#answer(type, undefined);
    return undefined;
  }

  /** @throws why it is refused */
  #apply(snapshot: ProxySnapshot, changes: SnapshotChanges): void {
    const applied = this.#options.hooks.snapshot(snapshot, changes);
    this.#cancelReopen?.();
    this.#cancelReopen = undefined;
    const opening: Promise<void> = applied
      .then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
      .then((failure) => {
        // A newer snapshot has taken its place, and opens what this one lacked.
        if (this.#opening !== opening) return;
        this.#opening = undefined;
        this.#opened(failure);
        if (failure === undefined || this.#isClosed) return;
        this.#cancelReopen = this.#clock.schedule(this.#reopen.nextMs(), () => {
          this.#apply(snapshot, noChanges);
        });
      });
    this.#opening = opening;
  }

  #opened(failure: string | undefined): void {
    if (failure === undefined) this.#reopen.reset();
    if (failure === this.#unopened) return;
    this.#unopened = failure;
    this.#answer('LDS', undefined);
  }

  #waitForClusters(): void {
    this.#cancelGrace ??= this.#clock.schedule(missingClusterGraceMs, () => {
      this.#isGraceOver = true;
      const refusal = this.#deliver();
      if (refusal !== undefined) this.#answer('RDS', refusal);
    });
  }

  #receiveSecrets(response: DeltaResponse): void {
    for (const { name, reason } of response.errors) {
      if (name === identitySecret) this.#refused(reason);
    }
    try {
      const identity = this.#identity.apply(response, this.#clock.now());
      if (identity !== undefined) this.#options.hooks.identity(identity);
      if (response.resources.some(({ name }) => name === identitySecret)) this.#renewal.reset();
    } catch (error) {
      this.#answer('SDS', error instanceof Error ? error.message : String(error));
      return;
    }
    this.#answer('SDS', this.#takeSecrets(response));
  }

  /** One that cannot be used keeps no other away. @returns why some were refused */
  #takeSecrets(response: DeltaResponse): string | undefined {
    const refusals: string[] = [];
    for (const { name, bytes } of response.resources) {
      if (name === identitySecret || name === bundleSecret) continue;
      try {
        const secret = decodeResource('SDS', name, bytes);
        if (secret.kind !== 'identity' && secret.kind !== 'bundle') this.#options.hooks.secret(secret);
      } catch (error) {
        refusals.push(error instanceof Error ? error.message : String(error));
      }
    }
    return refusals.length === 0 ? undefined : refusals.join('; ');
  }

  #refused(reason: string): void {
    this.#options.hooks.identityRefused(reason);
    this.#cancelRenewal ??= this.#clock.schedule(this.#renewal.nextMs(), () => this.renewIdentity());
  }

  #answer(type: ResourceType, refused: string | undefined): void {
    const nonce = this.#lastNonce.get(type);
    if (nonce === undefined) return;
    const refusal = refused ?? (type === 'LDS' ? this.#unopened : undefined);
    if (refusal === undefined || type === 'SDS') this.#nacked.delete(type);
    else this.#nacked.add(type);
    this.#stream?.send({
      typeUrl: typeUrl(type),
      nonce,
      ...(refusal === undefined ? {} : { error: refusal }),
    });
  }

  #disconnected(reason: string): void {
    this.#stream = undefined;
    this.#stopStreamTimers();
    this.#options.hooks.state('disconnected', reason);
    if (this.#isClosed) return;
    this.#cancelReconnect = this.#clock.schedule(this.#reconnect.nextMs(), () => this.connect());
  }

  #stopStreamTimers(): void {
    this.#stopGrace();
    this.#cancelRenewal?.();
    this.#cancelRenewal = undefined;
  }

  #stopGrace(): void {
    this.#cancelGrace?.();
    this.#cancelGrace = undefined;
    this.#isGraceOver = false;
  }
}
