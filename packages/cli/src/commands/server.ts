import { parseArgs } from 'node:util';
import { startControlPlane } from '../control-plane.ts';
import { untilAsked } from '../signals.ts';
import { portOption } from '../usage.ts';
import { defaultDataDir } from '../data-dir.ts';

export const usage = `Usage: heddle server [options]

The control plane with its API and console. Proxies join with heddle proxy and a token of heddle token create.

  --data DIR         configuration, CA and tokens; default: a directory of this user
  --host ADDRESS     default 127.0.0.1
  --port PORT        console and API, default 4400
  --ads-port PORT    configuration for proxies (xDS), default 15010
  --otlp-port PORT   OTLP/HTTP receiver, default 4318
  0 takes any free port.
`;

export async function run(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      data: { type: 'string' },
      host: { type: 'string', default: '127.0.0.1' },
      port: { type: 'string' },
      'ads-port': { type: 'string' },
      'otlp-port': { type: 'string' },
    },
  });
  const server = await startControlPlane({
    dataDir: values.data ?? defaultDataDir(),
    host: values.host,
    port: portOption('port', values.port, 4400),
    adsPort: portOption('ads-port', values['ads-port'], 15010),
    otlpPort: portOption('otlp-port', values['otlp-port'], 4318),
    expectedProxies: 0,
    expectTraffic: false,
  });
  process.stdout.write(`console: ${server.url}\n`);
  process.stderr.write(
    `control plane: ${server.adsUrl} (roots in ${server.caFile})\nOTLP: ${server.otlpUrl}\n`,
  );
  await untilAsked();
  await server.close();
  return 0;
}
