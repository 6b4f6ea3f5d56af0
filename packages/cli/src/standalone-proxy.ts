/** A gateway that is told what to do by files: no control plane, and nobody that tells it an identity. */
import {
  GatewayChoiceError,
  standaloneGateway,
  type StandaloneGateway,
  UnprotectedError,
} from '@heddle/mesh-core';
import { runProxy, type RunningProxy } from '@heddle/proxy';
import { readSources } from './paths.ts';
import { untilAsked } from './signals.ts';
import { isFree } from './up/ports.ts';
import { CommandError, UsageError } from './usage.ts';

const usualAdminPort = 15_000;

export interface StandaloneOptions {
  readonly paths: readonly string[];
  /** `namespace/name`; undefined: the only one. */
  readonly gateway: string | undefined;
  readonly address: string;
  /** undefined: 15000, or a free one where that is taken. */
  readonly adminPort: number | undefined;
  readonly listenPorts: ReadonlyMap<number, number>;
  readonly otlpEndpoint: string | undefined;
}

/** Runs until it is asked to end; on SIGHUP it reads the files again, and keeps what it has when they cannot be used. */
export async function runStandalone(options: StandaloneOptions): Promise<void> {
  const { instance, leftOut: _told, ...first } = await read(options);
  const { namespace, workload, serviceAccount, labels, address } = instance;
  const settings = {
    kind: 'gateway',
    ...{ namespace, workload, serviceAccount, labels, address },
    trustDomain: 'cluster.local',
    inboundPort: 0,
    outboundPort: 0,
    listenPorts: options.listenPorts,
    ...(options.otlpEndpoint === undefined ? {} : { otlpEndpoint: options.otlpEndpoint }),
    ...first,
  } as const;
  const adminPort = options.adminPort ?? ((await isFree('127.0.0.1', usualAdminPort)) ? usualAdminPort : 0);
  const proxy = await runProxy({ ...settings, adminPort }).catch((error: unknown) => {
    throw new CommandError(messageOf(error), { cause: error });
  });
  const ports = [...proxy.ports.gateway.values()].join(', ');
  process.stderr.write(
    `${namespace}/${workload}: listens on ${ports || 'no port'}, admin ${proxy.ports.admin}\n`,
  );
  process.stdout.write('ready\n');
  process.on('SIGHUP', () => {
    reload(proxy, options).then(
      () => process.stderr.write('the documents were read again\n'),
      (error: unknown) => process.stderr.write(`the documents of before stay: ${messageOf(error)}\n`),
    );
  });
  await untilAsked();
  await proxy.drain();
}

async function reload(proxy: RunningProxy, options: StandaloneOptions): Promise<void> {
  const { snapshot, secrets } = await read(options);
  for (const secret of secrets) proxy.applySecret(secret);
  await proxy.applySnapshot(snapshot);
}

async function read({ paths, address, gateway }: StandaloneOptions): Promise<StandaloneGateway> {
  const sources = await readSources(paths);
  try {
    const found = standaloneGateway(sources, address, gateway);
    for (const { note } of found.leftOut) process.stderr.write(`heddle proxy: ${note}\n`);
    return found;
  } catch (error) {
    if (error instanceof UnprotectedError) throw new CommandError(error.message, { cause: error });
    if (!(error instanceof GatewayChoiceError)) throw error;
    const asked = gateway === undefined ? '' : ` ${gateway}`;
    throw new UsageError(`--gateway${asked}: ${error.message}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
