/** What the server knows of one proxy, through all its streams. */
import type { Clock } from '../clock.ts';
import type { ProxyNode } from '../node.ts';
import type { ResourceType } from '../resource/resource-type.ts';
import type { ResourceSet, ResourceSets } from '../resource/snapshot.ts';
import type { ProxyStream } from './proxy-stream.ts';
import type { TypeSync } from './type-stream.ts';

/** How far one proxy is. */
export interface ProxySync {
  readonly id: string;
  readonly node: ProxyNode;
  readonly online: boolean;
  readonly connectedAtMs: number;
  /** Newest revision that was published for it. */
  readonly publishedRevision: number;
  /** Newest revision that it has accepted in full; 0 before the first. */
  readonly revision: number;
  /** When it accepted that. */
  readonly revisionAckedAtMs: number | null;
  readonly certificateNotAfterMs: number | null;
  readonly types: readonly TypeSync[];
}

export class ProxyRecord {
  node: ProxyNode;
  readonly #clock: Clock;
  #resources: ResourceSets | undefined;
  #stream: ProxyStream | undefined;
  #lastTypes: readonly TypeSync[] = [];
  #connectedAtMs = 0;
  #publishedRevision = 0;
  #revision = 0;
  #revisionAckedAtMs: number | null = null;
  certificateNotAfterMs: number | null = null;

  constructor(node: ProxyNode, clock: Clock) {
    this.node = node;
    this.#clock = clock;
  }

  get stream(): ProxyStream | undefined {
    return this.#stream;
  }

  get publishedRevision(): number {
    return this.#publishedRevision;
  }

  /** What was published last. */
  get resources(): ResourceSets | undefined {
    return this.#resources;
  }

  /** Of secrets those that its snapshot names. */
  target(type: ResourceType): ResourceSet | undefined {
    return this.#resources?.[type];
  }

  connected(node: ProxyNode, stream: ProxyStream): void {
    this.node = node;
    this.#stream = stream;
    this.#connectedAtMs = this.#clock.now();
  }

  /** @returns false when `stream` was replaced by a newer one, or is gone already */
  disconnected(stream: ProxyStream): boolean {
    if (this.#stream !== stream) return false;
    this.#lastTypes = stream.sync().map((type) => ({ ...type, state: 'offline' as const }));
    this.#stream = undefined;
    return true;
  }

  published(resources: ResourceSets, revision: number): void {
    this.#resources = resources;
    this.#publishedRevision = revision;
    this.#stream?.changed();
    this.settle();
  }

  /** Notes the revision as accepted when nothing of it is left to send or to answer. */
  settle(): void {
    if (this.#revision === this.#publishedRevision || this.#stream?.isInSync !== true) return;
    this.#revision = this.#publishedRevision;
    this.#revisionAckedAtMs = this.#clock.now();
  }

  sync(): ProxySync {
    return {
      id: this.node.id,
      node: this.node,
      online: this.#stream !== undefined,
      connectedAtMs: this.#connectedAtMs,
      publishedRevision: this.#publishedRevision,
      revision: this.#revision,
      revisionAckedAtMs: this.#revisionAckedAtMs,
      certificateNotAfterMs: this.certificateNotAfterMs,
      types: this.#stream?.sync() ?? this.#lastTypes,
    };
  }
}
