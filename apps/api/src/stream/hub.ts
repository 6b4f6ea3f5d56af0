import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Graph } from '@heddle/schema';
import { GraphView } from './view.ts';

/** Beyond this much unsent a client is slow: frames are dropped and it gets a snapshot once it has caught up. */
const maxUnsentBytes = 256 * 1024;
const maxClients = 500;

interface Client {
  readonly response: ServerResponse;
  readonly close: () => void;
  missed: boolean;
}

interface OpenView {
  readonly view: GraphView;
  readonly clients: Set<Client>;
  readonly stop: () => void;
}

export interface HubOptions {
  readonly tickMs: number;
  readonly setInterval: (run: () => void, ms: number) => { clear(): void };
}

/** All open streams. A view is built once per tick, whoever watches it; without watchers it costs nothing. */
export class StreamHub {
  readonly #views = new Map<string, OpenView>();
  readonly #epoch = randomBytes(6).toString('hex');
  readonly #options: HubOptions;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  get clientCount(): number {
    return [...this.#views.values()].reduce((sum, { clients }) => sum + clients.size, 0);
  }

  get isFull(): boolean {
    return this.clientCount >= maxClients;
  }

  /**
   * Takes over a response whose head has not been sent.
   * @param key names the view; clients with equal keys share it
   */
  attach(key: string, build: () => Graph, response: ServerResponse, lastEventId: string | undefined): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const open = this.#open(key, build);
    const client: Client = { response, missed: false, close: () => response.end() };
    const resumed = lastEventId === undefined ? undefined : open.view.since(lastEventId);
    response.write('retry: 1000\n\n');
    if (resumed === undefined) response.write(open.view.snapshot().bytes);
    else for (const frame of resumed) response.write(frame.bytes);
    open.clients.add(client);
    response.on('close', () => {
      open.clients.delete(client);
      if (open.clients.size === 0 && this.#views.get(key) === open) {
        open.stop();
        this.#views.delete(key);
      }
    });
  }

  #open(key: string, build: () => Graph): OpenView {
    const known = this.#views.get(key);
    if (known !== undefined) return known;
    // A view that is opened again starts its numbers anew, so its ids must differ from before.
    const view = new GraphView(build, `${this.#epoch}${randomBytes(2).toString('hex')}`);
    const clients = new Set<Client>();
    const timer = this.#options.setInterval(() => {
      const frame = view.tick();
      for (const client of clients) send(client, frame.bytes, () => view.snapshot().bytes);
    }, this.#options.tickMs);
    const open = { view, clients, stop: () => timer.clear() };
    this.#views.set(key, open);
    return open;
  }

  /** An event that belongs to every view, such as a change of the configuration. */
  broadcast(event: 'change' | 'proxy' | 'rollout', data: object): void {
    const bytes = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const { clients } of this.#views.values()) {
      for (const { response } of clients) {
        if (response.writableLength <= maxUnsentBytes) response.write(bytes);
      }
    }
  }

  close(): void {
    for (const { stop, clients } of this.#views.values()) {
      stop();
      for (const client of clients) client.close();
    }
    this.#views.clear();
  }
}

function send(client: Client, bytes: string, snapshot: () => string): void {
  if (client.response.writableLength > maxUnsentBytes) {
    client.missed = true;
    return;
  }
  client.response.write(client.missed ? snapshot() : bytes);
  client.missed = false;
}
