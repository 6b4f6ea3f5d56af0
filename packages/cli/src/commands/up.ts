import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type RunningControlPlane, startControlPlane } from '../control-plane.ts';
import { untilAsked } from '../signals.ts';
import { type Example, exampleDocuments, readExample } from '../up/example.ts';
import { freePorts, isFree } from '../up/ports.ts';
import { type ProcessSpec, Supervisor } from '../up/supervisor.ts';
import { CommandError, portOption } from '../usage.ts';
import { defaultDataDir } from '../data-dir.ts';

export const usage = `Usage: heddle up [options]

A whole mesh on this machine: control plane, console, and an example with its services, sidecars, gateway and traffic.
Ctrl-C stops all of it.

  --example NAME       default bookinfo
  --data DIR           keeps the state; default: a directory of this user
  --port PORT          console and API, default 4400; 0 takes free ports for everything
  --ads-port PORT      configuration for proxies (xDS), default 15010
  --otlp-port PORT     OTLP/HTTP receiver, default 4318
  --gateway-port PORT  entry gateway, default 8080
`;

const host = '127.0.0.1';
const proxyEntry = fileURLToPath(new URL('../main.ts', import.meta.url));

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      example: { type: 'string', default: 'bookinfo' },
      data: { type: 'string' },
      port: { type: 'string' },
      'ads-port': { type: 'string' },
      'otlp-port': { type: 'string' },
      'gateway-port': { type: 'string' },
    },
  });
  const port = portOption('port', values.port, 4400);
  const fixed = (fallback: number) => (port === 0 ? 0 : fallback);
  const example = readExample(values.example);
  const dataDir = resolve(values.data ?? defaultDataDir());
  const [freeGatewayPort = 0] = await freePorts(1);
  const gatewayPort = portOption('gateway-port', values['gateway-port'], fixed(8080)) || freeGatewayPort;
  if (!(await isFree(host, gatewayPort))) {
    throw new CommandError(
      `port ${gatewayPort} is already taken; stop what listens there, or choose another one with --gateway-port (0 takes any free one)`,
    );
  }
  const asked = untilAsked();
  const server = await startControlPlane({
    dataDir,
    host,
    port,
    adsPort: portOption('ads-port', values['ads-port'], fixed(15010)),
    otlpPort: portOption('otlp-port', values['otlp-port'], fixed(4318)),
    expectedProxies: example.workloads.length + 1,
    expectTraffic: example.load !== undefined,
  });
  applyExample(server, example);
  const { specs, places } = await processesOf(example, server, dataDir, gatewayPort);
  const load = loadOf(example, gatewayPort);
  const supervisor = new Supervisor({
    logDir: join(dataDir, 'logs'),
    say: (line) => process.stderr.write(`${line}\n`),
    changed: () => writePlaces(dataDir, server, gatewayPort, places, supervisor),
  });
  process.stdout.write(`console: ${server.url}\n`);
  process.stderr.write(
    `starting ${specs.length} processes of ${values.example}; logs in ${join(dataDir, 'logs')}\n`,
  );
  for (const spec of specs) supervisor.start(spec);
  const reporting = reportReadiness(server, gatewayPort, () => {
    // Traffic begins when there is somebody to answer it: a new mesh does not start with errors.
    if (load !== undefined) supervisor.start(load);
  });
  await asked;
  reporting.stop();
  process.stderr.write('stopping\n');
  await supervisor.stop();
  await server.close();
  return 0;
}

/** An empty mesh begins with the example's documents; one that was edited stays as it is. */
function applyExample(server: RunningControlPlane, example: Example): void {
  const { controlPlane } = server.mesh;
  if (controlPlane.store.revision > 0) return;
  const outcome = controlPlane.apply(exampleDocuments(example), {
    actor: 'heddle up',
    via: 'system',
    reason: 'the example as it ships',
  });
  if (outcome.kind === 'invalid') {
    const first = outcome.findings.find(({ severity }) => severity === 'error');
    throw new CommandError(
      `the example's documents are not valid: ${first?.resource ?? ''} ${first?.message ?? ''}`,
    );
  }
}

/** Where a process of the example can be found: for tests, and for people who look. */
interface Place {
  readonly name: string;
  readonly deployment?: string;
  readonly appPort?: number;
  readonly inboundPort?: number;
  readonly outboundPort?: number;
  readonly adminPort?: number;
}

const tokenTtlMs = 30 * 24 * 3600 * 1000;

async function processesOf(
  example: Example,
  server: RunningControlPlane,
  dataDir: string,
  gatewayPort: number,
): Promise<{ specs: ProcessSpec[]; places: Place[] }> {
  const ports = await freePorts(example.workloads.length * 4 + 1);
  const take = () => ports.pop() ?? 0;
  const specs: ProcessSpec[] = [];
  const places: Place[] = [];
  const proxy = (
    workload: {
      namespace: string;
      workload: string;
      serviceAccount: string;
      labels: Readonly<Record<string, string>>;
    },
    args: readonly string[],
  ): ProcessSpec => ({
    name: `${workload.workload}-proxy`,
    entry: proxyEntry,
    args: [
      'proxy',
      ...['--control-plane', server.adsUrl, '--ca-file', server.caFile, '--otlp', server.otlpUrl],
      ...['--namespace', workload.namespace, '--service', workload.workload],
      ...['--service-account', workload.serviceAccount],
      ...[
        '--labels',
        Object.entries(workload.labels)
          .map(([name, value]) => `${name}=${value}`)
          .join(','),
      ],
      ...['--state', join(dataDir, 'proxies', workload.workload)],
      ...args,
    ],
    env: () => ({
      HEDDLE_TOKEN: server.mesh.tokens.create({ ...workload, ttlMs: tokenTtlMs, uses: 1 }).secret,
    }),
  });
  const gatewayAdmin = take();
  specs.push(
    proxy(example.gateway, [
      ...['--kind', 'gateway', '--listen', `${example.gateway.listenerPort}=${gatewayPort}`],
      ...['--inbound-port', '0', '--outbound-port', '0', '--admin-port', String(gatewayAdmin)],
    ]),
  );
  places.push({ name: `${example.gateway.workload}-proxy`, adminPort: gatewayAdmin });
  for (const { deployment, entry } of example.workloads) {
    const [namespace = '', name = ''] = deployment.split('/');
    const declared = server.mesh.controlPlane.world.deployments.find(
      (one) => one.namespace === namespace && one.name === name,
    );
    // A Deployment that was deleted from the mesh is not run.
    if (declared === undefined) continue;
    const [appPort, inboundPort, outboundPort, adminPort] = [take(), take(), take(), take()];
    specs.push(
      proxy({ namespace, workload: name, serviceAccount: declared.serviceAccount, labels: declared.labels }, [
        ...['--app', `${host}:${appPort}`, '--inbound-port', String(inboundPort)],
        ...['--outbound-port', String(outboundPort), '--admin-port', String(adminPort)],
      ]),
      {
        name,
        entry: resolve(example.directory, entry),
        args: [],
        env: () => ({
          PORT: String(appPort),
          SERVICE_VERSION: declared.labels['version'] ?? 'v1',
          HTTP_PROXY: `http://${host}:${outboundPort}`,
          OTEL_EXPORTER_OTLP_ENDPOINT: server.otlpUrl,
        }),
      },
    );
    places.push(
      { name, deployment, appPort },
      { name: `${name}-proxy`, deployment, inboundPort, outboundPort, adminPort },
    );
  }
  return { specs, places };
}

function loadOf(example: Example, gatewayPort: number): ProcessSpec | undefined {
  if (example.load === undefined) return undefined;
  return {
    name: 'load-generator',
    entry: resolve(example.directory, example.load.entry),
    args: [],
    env: () => ({ TARGET: `http://${host}:${gatewayPort}` }),
  };
}

function writePlaces(
  dataDir: string,
  server: RunningControlPlane,
  gatewayPort: number,
  places: readonly Place[],
  supervisor: Supervisor,
): void {
  const processes = supervisor.states().map((state) => ({
    ...state,
    pid: state.pid ?? null,
    ...places.find(({ name }) => name === state.name),
  }));
  const content = {
    console: server.url,
    gateway: `http://${host}:${gatewayPort}`,
    otlp: server.otlpUrl,
    ads: server.adsUrl,
    pid: process.pid,
    processes,
  };
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'processes.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/**
 * Tells how far the start is, until the mesh is ready.
 * @param served runs once, when every workload can answer
 */
function reportReadiness(
  server: RunningControlPlane,
  gatewayPort: number,
  served: () => void,
): { stop(): void } {
  const startedAt = performance.now();
  let said = '';
  let isServed = false;
  const timer = setInterval(() => {
    const { unready, waitingFor } = server.readiness();
    if (!isServed && (unready === undefined || waitingFor === 'traffic')) {
      isServed = true;
      served();
    }
    if (unready === undefined) {
      clearInterval(timer);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      process.stderr.write(
        `ready after ${seconds} s; the entry gateway is http://${host}:${gatewayPort}/productpage\n`,
      );
    } else if (unready !== said) {
      said = unready;
      process.stderr.write(`${unready}\n`);
    }
  }, 200);
  return { stop: () => clearInterval(timer) };
}
