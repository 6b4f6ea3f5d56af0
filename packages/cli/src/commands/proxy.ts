import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runProxy } from '@heddle/proxy';
import { untilAsked } from '../signals.ts';
import { CommandError, hostPort, labelsOption, portOption, required, UsageError } from '../usage.ts';

export const usage = `Usage: heddle proxy --control-plane URL --service NAME --app HOST:PORT [options]
       heddle proxy --control-plane URL --service NAME --kind gateway [options]
       heddle proxy --standalone PATH [--gateway NS/NAME] [options]

One sidecar beside an application, or a gateway. It enrols with a token, keeps its last good configuration and runs on without
the control plane. Or a gateway by documents alone, which reads them again on SIGHUP.

  --control-plane URL     https://127.0.0.1:15010, as printed by heddle up
  --ca-file FILE          roots that the control plane is verified with (DATA/root.pem of heddle up)
  --token TOKEN           from heddle token create; better in the environment variable HEDDLE_TOKEN
  --service NAME          name of the workload, such as reviews-v1
  --app HOST:PORT         the application beside the sidecar
  --kind KIND             sidecar (default) or gateway
  --namespace NS          default: default
  --service-account NAME  default: default
  --labels A=B,C=D        labels by which Services and subsets select the workload
  --group NAME            registers as a member of this WorkloadGroup, with its labels, weight and readiness probe
  --instance NAME         tells instances of one workload apart; default: the workload's name
  --address ADDRESS       where peers reach it, default 127.0.0.1
  --inbound-port PORT     default 15006, 0 for any
  --outbound-port PORT    default 15001, 0 for any
  --admin-port PORT       default 15000, 0 for any; loopback only
  --standalone PATH       a file, a directory (its .yaml, .yml and .json files) or - for standard input; may be repeated
  --gateway NS/NAME       which Gateway of either API, where there are several
  --listen PORT=PORT      gateway: opens another port than the listener names, such as 8080=0; may be repeated
  --otlp URL              collector for spans, such as http://127.0.0.1:4318
  --state DIR             keeps the last good configuration and certificate here
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      'control-plane': { type: 'string' },
      'ca-file': { type: 'string' },
      token: { type: 'string' },
      service: { type: 'string' },
      app: { type: 'string' },
      kind: { type: 'string', default: 'sidecar' },
      namespace: { type: 'string', default: 'default' },
      'service-account': { type: 'string', default: 'default' },
      labels: { type: 'string' },
      group: { type: 'string' },
      instance: { type: 'string' },
      address: { type: 'string', default: '127.0.0.1' },
      'inbound-port': { type: 'string' },
      'outbound-port': { type: 'string' },
      'admin-port': { type: 'string' },
      standalone: { type: 'string', multiple: true },
      gateway: { type: 'string' },
      listen: { type: 'string', multiple: true },
      otlp: { type: 'string' },
      state: { type: 'string' },
    },
  });
  if (values.standalone !== undefined) {
    refuseOthers(values);
    const { runStandalone } = await import('../standalone-proxy.ts');
    await runStandalone({
      paths: values.standalone,
      gateway: values.gateway,
      address: values.address,
      adminPort:
        values['admin-port'] === undefined ? undefined : portOption('admin-port', values['admin-port'], 0),
      listenPorts: listenPorts(values.listen ?? []),
      otlpEndpoint: values.otlp,
    });
    return 0;
  }
  const { kind } = values;
  if (kind !== 'sidecar' && kind !== 'gateway')
    throw new UsageError(`--kind ${kind}: expected sidecar or gateway`);
  if (kind === 'sidecar') required('app', values.app);
  const workload = required('service', values.service);
  const proxy = await runProxy({
    kind,
    controlPlaneUrl: required('control-plane', values['control-plane']),
    ...(values['ca-file'] === undefined ? {} : { caPem: readCa(values['ca-file']) }),
    token: required('token', values.token ?? process.env['HEDDLE_TOKEN']),
    namespace: values.namespace,
    workload,
    serviceAccount: values['service-account'],
    labels: labelsOption(values.labels),
    trustDomain: 'cluster.local',
    address: values.address,
    inboundPort: portOption('inbound-port', values['inbound-port'], 15006),
    outboundPort: portOption('outbound-port', values['outbound-port'], 15001),
    adminPort: portOption('admin-port', values['admin-port'], 15000),
    listenPorts: listenPorts(values.listen ?? []),
    ...(values.instance === undefined ? {} : { instance: values.instance }),
    ...(values.group === undefined ? {} : { group: values.group }),
    ...(values.app === undefined ? {} : { appAddress: hostPort('app', values.app) }),
    ...(values.otlp === undefined ? {} : { otlpEndpoint: values.otlp }),
    ...(values.state === undefined ? {} : { stateDir: values.state }),
  }).catch((error: unknown) => {
    throw new CommandError(error instanceof Error ? error.message : String(error), { cause: error });
  });
  const { inbound, outbound, admin } = proxy.ports;
  process.stderr.write(`${workload}: inbound ${inbound}, outbound ${outbound}, admin ${admin}\n`);
  void proxy.ready.then(() => process.stdout.write('ready\n'));
  await untilAsked();
  await proxy.drain();
  return 0;
}

/** Whom a gateway by documents alone would enrol with, and as whom: nobody asks. */
function refuseOthers(values: Readonly<Record<string, unknown>>): void {
  const enrols = ['control-plane', 'ca-file', 'token', 'service', 'app', 'labels', 'instance', 'state'];
  const given = enrols.find((name) => values[name] !== undefined);
  if (given !== undefined)
    throw new UsageError(`--${given} and --standalone: a proxy by documents alone has no control plane`);
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--ca-file ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function listenPorts(pairs: readonly string[]): ReadonlyMap<number, number> {
  return new Map(
    pairs.map((pair) => {
      const [from = '', to = '', ...rest] = pair.split('=');
      if (!/^\d+$/.test(from) || rest.length > 0) {
        throw new UsageError(`--listen ${pair}: expected PORT=PORT, such as 8080=18080`);
      }
      return [portOption('listen', from, 0), portOption('listen', to, 0)];
    }),
  );
}
