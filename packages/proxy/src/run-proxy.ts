import type { ProxyOptions, RunningProxy } from './options.ts';
import { startProxy } from './proxy.ts';

/**
 * Runs one sidecar or gateway until it is closed.
 *
 * @throws when a port is taken, or (static source) the snapshot does not compile
 */
export async function runProxy(options: ProxyOptions): Promise<RunningProxy> {
  if (!('snapshot' in options)) throw new Error('not yet');
  const proxy = await startProxy(
    options,
    () => {},
    () => {},
  );
  if (options.onTelemetry !== undefined) proxy.reporter.sink = options.onTelemetry;
  try {
    if (options.identity !== undefined) proxy.applyIdentity(options.identity);
    await proxy.applySnapshot(options.snapshot);
  } catch (error) {
    await proxy.close();
    throw error;
  }
  return proxy;
}
