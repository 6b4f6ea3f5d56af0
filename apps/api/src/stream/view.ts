import type { Graph } from '@heddle/schema';
import { type GraphDelta, graphDelta } from '@heddle/telemetry';

/** One frame of a stream: the bytes that every viewer of a view gets. */
export interface Frame {
  readonly seq: number;
  readonly bytes: string;
}

/** Frames kept for clients that come back with a `Last-Event-ID`: half a minute. */
const keptFrames = 60;

/** One way to look at the graph, with its history of deltas: built once per tick for all who watch it. */
export class GraphView {
  readonly #build: () => Graph;
  /** Distinguishes this run of the server: sequence numbers of another run mean nothing here. */
  readonly #epoch: string;
  readonly #frames: Frame[] = [];
  #seq = 0;
  #graph: Graph | undefined;

  constructor(build: () => Graph, epoch: string) {
    this.#build = build;
    this.#epoch = epoch;
  }

  /** The next delta, also when it is empty: it carries the time. */
  tick(): Frame {
    const before = this.#graph;
    const after = this.#build();
    this.#graph = after;
    this.#seq++;
    const delta: GraphDelta =
      before === undefined
        ? { at: after.at, nodes: after.nodes, edges: after.edges, removedNodes: [], removedEdges: [] }
        : graphDelta(before, after);
    const frame = { seq: this.#seq, bytes: this.#event('delta', { seq: this.#seq, ...delta }) };
    this.#frames.push(frame);
    if (this.#frames.length > keptFrames) this.#frames.shift();
    return frame;
  }

  /** The graph as of the last tick. */
  snapshot(): Frame {
    if (this.#graph === undefined) this.tick();
    return { seq: this.#seq, bytes: this.#event('snapshot', { seq: this.#seq, graph: this.#graph }) };
  }

  /**
   * What a client that has seen `lastEventId` lacks.
   * @returns undefined when that is not known any more: it needs a snapshot
   */
  since(lastEventId: string): readonly Frame[] | undefined {
    const [epoch, seqText] = lastEventId.split('-');
    const seq = Number(seqText);
    if (epoch !== this.#epoch || !Number.isInteger(seq) || seq > this.#seq) return undefined;
    const missing = this.#frames.filter((frame) => frame.seq > seq);
    return missing.length === this.#seq - seq ? missing : undefined;
  }

  #event(name: string, data: object): string {
    return `id: ${this.#epoch}-${this.#seq}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  }
}
