import { ControlPlaneSession } from './control-plane.ts';
import type {
  ControlPlaneSource,
  ProxyOptions,
  ProxySettings,
  RunningProxy,
  StaticSource,
} from './options.ts';
import { startProxy } from './proxy.ts';

/**
 * Runs one sidecar or gateway until it is closed.
 *
 * The ports are open when this returns; with a control plane, `ready` tells when they serve.
 *
 * @throws when a port is taken, or (static source) the snapshot does not compile
 */
export function runProxy(options: ProxyOptions): Promise<RunningProxy> {
  return 'snapshot' in options ? runFromSnapshot(options) : runFromControlPlane(options);
}

async function runFromSnapshot(options: ProxySettings & StaticSource): Promise<RunningProxy> {
  const proxy = await startProxy(options);
  if (options.onTelemetry !== undefined) proxy.reporter.sink = options.onTelemetry;
  try {
    if (options.identity !== undefined) proxy.applyIdentity(options.identity);
    for (const secret of options.secrets ?? []) proxy.applySecret(secret);
    await proxy.applySnapshot(options.snapshot);
  } catch (error) {
    await proxy.close();
    throw error;
  }
  return proxy;
}

/** The ports come first: the control plane is told which inbound port was bound. */
async function runFromControlPlane(options: ProxySettings & ControlPlaneSource): Promise<RunningProxy> {
  const proxy = await startProxy(options);
  const session = new ControlPlaneSession(options, proxy);
  proxy.onAppHealth((isHealthy) => {
    session.setAppHealth(isHealthy);
  });
  return {
    ...proxy,
    ports: proxy.ports,
    async drain() {
      session.announceEnd();
      await proxy.drain();
      session.close();
    },
    async close() {
      await proxy.close();
      session.close();
    },
  };
}
