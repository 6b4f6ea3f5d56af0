/** The running mesh as tests see it from outside: its processes, what its services counted, its API. */
import { Agent, request } from 'node:http';
import type { Graph, Problem, ProxyStatus, StoredResource, WriteResult } from '@heddle/schema';
import { type Processes, readProcesses } from './heddle-up.ts';

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** Requests served, by version: the services' own count, which no telemetry has touched. */
export type Counts = Readonly<Record<string, number>>;

export const reviewsDocument = '/api/v1/config/networking.istio.io/VirtualService/default/reviews';
export const reviewsVersions = ['v1', 'v2', 'v3'] as const;

export class Mesh {
  readonly dataDir: string;
  readonly consoleUrl: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });

  constructor(dataDir: string) {
    this.dataDir = dataDir;
    this.consoleUrl = this.processes().console;
  }

  close(): void {
    this.#agent.destroy();
  }

  processes(): Processes {
    return readProcesses(this.dataDir);
  }

  /** One process by name, such as `reviews-v2` or `reviews-v2-proxy`. */
  process(name: string): Processes['processes'][number] {
    const found = this.processes().processes.find((one) => one.name === name);
    if (found === undefined) throw new Error(`the mesh has no process ${name}`);
    return found;
  }

  async api<T>(path: string, init: RequestInit = {}): Promise<Answer<T>> {
    const response = await fetch(new URL(path, this.consoleUrl), init);
    return { status: response.status, body: await response.json() };
  }

  async reviews(): Promise<StoredResource> {
    return (await this.api<StoredResource>(reviewsDocument)).body;
  }

  putReviews(yaml: string, headers: Readonly<Record<string, string>> = {}) {
    return this.api<WriteResult & Problem>(`${reviewsDocument}?reason=test`, {
      method: 'PUT',
      headers: { 'content-type': 'application/yaml', ...headers },
      body: yaml,
    });
  }

  async graph(level: 'service' | 'version'): Promise<Graph> {
    return (await this.api<Graph>(`/api/v1/graph?level=${level}&window=10s`)).body;
  }

  async proxies(): Promise<ProxyStatus[]> {
    return (await this.api<{ items: ProxyStatus[] }>('/api/v1/proxies')).body.items;
  }

  /** @throws when the service does not answer */
  async served(workload: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.process(workload).appPort}/counts`);
    const { requests }: { requests: number } = await response.json();
    return requests;
  }

  async reviewsServed(): Promise<Counts> {
    const entries = reviewsVersions.map(async (version) => [
      version,
      await this.served(`reviews-${version}`),
    ]);
    return Object.fromEntries(await Promise.all(entries));
  }

  /** How the next requests, so many at least, are spread over the versions of reviews. The load generator's are among them. */
  async spreadOf(requests: number): Promise<Counts> {
    const before = await this.reviewsServed();
    for (;;) {
      await this.readPages(50);
      const now = await this.reviewsServed();
      const spread = Object.fromEntries(
        reviewsVersions.map((version) => [version, (now[version] ?? 0) - (before[version] ?? 0)]),
      );
      if (sum(spread) >= requests) return spread;
    }
  }

  /** Pages through the entry gateway, eight at a time. @throws when one is not answered with 200 */
  async readPages(pages: number): Promise<void> {
    let left = pages;
    const reader = async () => {
      while (left-- > 0) {
        const { status } = await this.get(new URL('/productpage', this.processes().gateway));
        if (status !== 200) throw new Error(`GET /productpage through the gateway: ${status}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, reader));
  }

  /** A request as the application behind `workload` would make it: through the sidecar, by the called service's name. */
  callFrom(workload: string, url: string): Promise<Answer<string>> {
    const target = new URL(url);
    return this.get(target, {
      hostname: '127.0.0.1',
      port: this.process(`${workload}-proxy`).outboundPort,
      path: url,
      headers: { host: target.host },
    });
  }

  get(url: URL, more: object = {}): Promise<Answer<string>> {
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { agent: this.#agent, timeout: 10_000, ...more }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${url.href}: no answer in time`)));
      outgoing.on('error', reject);
      outgoing.end();
    });
  }

  /** How many endpoints a proxy would pick from for one version of reviews. */
  async endpointsOf(version: string, at: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.process(`${at}-proxy`).adminPort}/config_dump`);
    const dump: { loadAssignments: { cluster: string; endpoints: unknown[] }[] } = await response.json();
    const cluster = `outbound|9080|${version}|reviews.default.svc.cluster.local`;
    return dump.loadAssignments.find((one) => one.cluster === cluster)?.endpoints.length ?? 0;
  }
}

export function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
