/** The control plane as a process part: mesh, API with console, and OTLP receiver, listening. Used by `server` and `up`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createApi,
  createMesh,
  createMetrics,
  createOtlpReceiver,
  type Mesh,
  type Readiness,
  readinessOf,
} from '@heddle/api';
import { pino } from 'pino';
import { CommandError } from './usage.ts';

export interface ControlPlaneOptions {
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  readonly adsPort: number;
  readonly otlpPort: number;
  readonly expectedProxies: number;
  readonly expectTraffic: boolean;
}

export interface RunningControlPlane {
  readonly mesh: Mesh;
  readonly url: string;
  readonly adsUrl: string;
  readonly otlpUrl: string;
  /** PEM file with the roots, for `heddle proxy --ca-file`. */
  readonly caFile: string;
  readiness(): Readiness;
  close(): Promise<void>;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<RunningControlPlane> {
  const { dataDir, host } = options;
  mkdirSync(join(dataDir, 'logs'), { recursive: true, mode: 0o700 });
  const logger = pino(
    { base: null },
    pino.destination({ dest: join(dataDir, 'logs', 'control-plane.log'), sync: false }),
  );
  const metrics = createMetrics();
  const mesh = await createMesh({
    dataDir,
    adsHost: host,
    adsPort: options.adsPort,
    metrics,
    log: (level, message, fields) => logger[level](fields ?? {}, message),
  }).catch((error: unknown) => {
    throw describeListenError(error, options.adsPort, 'ads-port');
  });
  const api = {
    mesh,
    metrics,
    loopbackOnly: host === '127.0.0.1' || host === '::1' || host === 'localhost',
    logger,
    readiness: { expectedProxies: options.expectedProxies, expectTraffic: options.expectTraffic },
  };
  const app = await createApi(api);
  const otlp = await createOtlpReceiver(api);
  const listen = async (server: typeof app, port: number, option: string) => {
    try {
      return await server.listen({ host, port });
    } catch (error) {
      throw describeListenError(error, port, option);
    }
  };
  const close = async () => {
    await Promise.all([app.close(), otlp.close()]);
    await mesh.close();
  };
  try {
    const url = await listen(app, options.port, 'port');
    const otlpUrl = await listen(otlp, options.otlpPort, 'otlp-port');
    const caFile = join(dataDir, 'root.pem');
    writeFileSync(caFile, mesh.caPem);
    // By name where it has one: a certificate for an address is checked without SNI, and Node warns of it.
    const adsHost = api.loopbackOnly ? 'localhost' : host;
    return {
      mesh,
      url,
      adsUrl: `https://${adsHost}:${mesh.ads.port}`,
      otlpUrl,
      caFile,
      readiness: () => readinessOf(mesh, api.readiness),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A taken port is the commonest first failure: say which one, and which option moves it. */
function describeListenError(error: unknown, port: number, option: string): Error {
  const text = error instanceof Error ? error.message : String(error);
  if (!text.includes('EADDRINUSE') && !text.includes('No address added')) {
    return error instanceof Error ? error : new Error(text);
  }
  return new CommandError(
    `port ${port} is already taken; stop what listens there, or choose another one with --${option} (0 takes any free one)`,
    { cause: error },
  );
}
