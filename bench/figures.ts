/**
 * The figures of a running mesh, measured on this machine: `node bench/figures.ts` after `npm ci` and `npm run build`.
 *
 * Starts the demo mesh, shifts the weights of reviews back and forth, and tells: start until the console answers and until the
 * mesh is ready; write until every affected proxy has accepted; write until the first request on the new split, counted at the
 * service; requests through the entry gateway meanwhile; resident memory of the control plane and of a sidecar.
 *
 * `--services N` puts N Services, each with two subsets and two rules, into the mesh first: what one changed weight costs there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { destinationRule, service, split, times, virtualService } from './sample-mesh.ts';

const shifts = 20;
const { values } = parseArgs({ options: { services: { type: 'string', default: '0' } } });
const services = Number(values.services);
const root = join(import.meta.dirname, '..');
const dataDir = mkdtempSync(join(tmpdir(), 'heddle-figures-'));

interface Places {
  readonly pid: number;
  readonly console: string;
  readonly gateway: string;
  readonly processes: readonly {
    readonly name: string;
    readonly pid: number | null;
    readonly appPort?: number;
  }[];
}

const startedAt = performance.now();
const mesh = spawn(
  process.execPath,
  [join(root, 'packages/cli/src/main.ts'), 'up', '--port', '0', '--data', dataDir],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);
try {
  await measure(mesh);
} finally {
  mesh.kill('SIGINT');
  await new Promise((resolve) => mesh.once('exit', resolve));
  rmSync(dataDir, { recursive: true, force: true });
}

async function measure(child: ChildProcess): Promise<void> {
  const url = await consoleUrl(child);
  await until(async () => (await fetch(`${url}/healthz`)).ok);
  row('start until the console answers', performance.now() - startedAt);
  await until(async () => (await fetch(`${url}/readyz`)).ok);
  row('start until the mesh is ready, with traffic', performance.now() - startedAt);
  const places: Places = JSON.parse(readFileSync(join(dataDir, 'processes.json'), 'utf8'));
  if (services > 0) await fill(url);
  const visitor = visit(places.gateway);
  const acked: number[] = [];
  const effective: number[] = [];
  for (let i = 0; i < shifts; i++) {
    // All requests go to one version, then all to the other: the first one that arrives is on the new split.
    const version = i % 2 === 0 ? 'v3' : 'v1';
    const port = places.processes.find(({ name }) => name === `reviews-${version}`)?.appPort ?? 0;
    await shift(url, version === 'v3' ? 'v1' : 'v3');
    await quiet(port);
    const before = await served(port);
    const writtenAt = performance.now();
    const revision = await shift(url, version);
    await until(async () => (await served(port)) > before);
    effective.push(performance.now() - writtenAt);
    acked.push(await ackedMs(url, revision));
  }
  row('write until every affected proxy has accepted', ...acked);
  row('write until the first request on the new split', ...effective);
  row('a page through the gateway meanwhile', ...(await visitor.leave()));
  await memory(places);
}

function consoleUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const [, url] = /console: (\S+)/.exec(out) ?? [];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', () => reject(new Error('the mesh ended before its console answered')));
  });
}

async function fill(url: string): Promise<void> {
  const rules = (i: number) =>
    `    - match: [{ uri: { prefix: /a } }]\n      route: [{ destination: { host: s${i}, subset: v1 } }]${split(i, 70)}`;
  const texts = [
    times(services, service),
    times(services, destinationRule),
    times(services, (i) => virtualService(i, rules(i))),
  ];
  for (const body of texts) {
    const response = await fetch(`${url}/api/v1/config`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/yaml' },
    });
    if (!response.ok) throw new Error(await response.text());
    const { revision }: { revision: number } = JSON.parse(await response.text());
    await ackedMs(url, revision);
  }
}

/** One page after the other, 20 ms apart, until it is told to leave: how long each took. */
function visit(gateway: string): { leave(): Promise<number[]> } {
  const took: number[] = [];
  const leaving = new AbortController();
  const visiting = (async () => {
    while (!leaving.signal.aborted) {
      const askedAt = performance.now();
      const response = await fetch(new URL('/productpage', gateway));
      await response.text();
      if (!response.ok) throw new Error(`a page was answered ${response.status}`);
      took.push(performance.now() - askedAt);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    async leave() {
      leaving.abort();
      await visiting;
      return took;
    },
  };
}

async function shift(url: string, version: string): Promise<number> {
  const path = `${url}/api/v1/config/networking.istio.io/VirtualService/default/reviews`;
  const route = ['v1', 'v3'].map((subset) => ({
    destination: { host: 'reviews', subset },
    weight: subset === version ? 100 : 0,
  }));
  const body = JSON.stringify({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'reviews' },
    spec: { hosts: ['reviews'], http: [{ route }] },
  });
  const response = await fetch(path, {
    method: 'PUT',
    body,
    headers: { 'content-type': 'application/json' },
  });
  if (!response.ok) throw new Error(await response.text());
  const { revision }: { revision: number } = JSON.parse(await response.text());
  await ackedMs(url, revision);
  return revision;
}

async function ackedMs(url: string, revision: number): Promise<number> {
  let ms: number | null = null;
  await until(async () => {
    const change: { push: { ackedMs: number | null } | null } = JSON.parse(
      await (await fetch(`${url}/api/v1/changes/${revision}`)).text(),
    );
    ms = change.push?.ackedMs ?? null;
    return ms !== null;
  });
  return ms ?? 0;
}

async function served(port: number): Promise<number> {
  const { requests }: { requests: number } = JSON.parse(
    await (await fetch(`http://127.0.0.1:${port}/counts`)).text(),
  );
  return requests;
}

/** Until nothing has come for 300 ms: what was on its way has arrived. */
async function quiet(port: number): Promise<void> {
  let last = await served(port);
  let since = performance.now();
  await until(async () => {
    const now = await served(port);
    if (now !== last) since = performance.now();
    last = now;
    return performance.now() - since > 300;
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('waited for a minute');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function memory({ pid, processes }: Places): Promise<void> {
  const residentMb = (id: number) => {
    const [, kb = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8')) ?? [];
    return Number(kb) / 1024;
  };
  const sidecars = processes.filter(({ name }) => name.endsWith('-proxy')).flatMap(({ pid: id }) => id ?? []);
  console.log(`memory of the control plane with API: ${residentMb(pid).toFixed(0)} MB`);
  console.log(
    `memory of a sidecar: ${(sidecars.map(residentMb).reduce((a, b) => a + b, 0) / sidecars.length).toFixed(0)} MB`,
  );
}

function row(what: string, ...ms: number[]): void {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0);
  console.log(
    ms.length === 1
      ? `${what}: ${at(0)} ms`
      : `${what}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(1)} ms, n ${ms.length}`,
  );
}
