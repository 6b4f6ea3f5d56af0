import type { ProxySnapshot, TlsSecret } from '@heddle/traffic';
import { startAdmin, type Admin } from './admin.ts';
import { AppHealth } from './app-health.ts';
import { DataPlane } from './data-plane.ts';
import { openIdentity, type Identity, type IdentityMaterial } from './identity/identity.ts';
import type { ProxySettings, RunningProxy } from './options.ts';
import { PrometheusStats, type Gauge } from './report/prometheus.ts';
import { Reporter } from './report/reporter.ts';
import { workloadOf } from './report/workload.ts';
import { systemRuntime, type Runtime } from './runtime.ts';
import type { CompiledSnapshot } from './snapshot/compiled-snapshot.ts';
import { OtlpExporter } from './tracing/otlp-exporter.ts';

/** A proxy with open ports, whoever tells it what to do. */
export interface StartedProxy extends RunningProxy {
  readonly runtime: Runtime;
  readonly reporter: Reporter;
  /** Why it is not ready, undefined when it is. */
  notReady(): string | undefined;
  /** Told at once what is known, then whenever the application comes or goes. */
  onAppHealth(listener: (isHealthy: boolean) => void): void;
  identity(): Identity | undefined;
  secrets(): readonly TlsSecret[];
  /** In force. */
  snapshot(): ProxySnapshot;
  /** @throws what is wrong with it; nothing has changed then */
  compile(snapshot: ProxySnapshot): CompiledSnapshot;
  /** In force when this returns, unless a listener has to be opened first. */
  apply(snapshot: CompiledSnapshot): Promise<void>;
}

const defaultAddress = '127.0.0.1';

/**
 * Opens the sidecar's ports and the admin port. Until a snapshot is applied every request is refused.
 *
 * @throws when a port is taken
 */
export async function startProxy(settings: ProxySettings): Promise<StartedProxy> {
  const runtime = settings.runtime ?? systemRuntime;
  const address = settings.address ?? defaultAddress;
  const self = workloadOf({
    ...settings,
    instanceId: settings.instance ?? settings.workload,
  });
  const spans =
    settings.otlpEndpoint === undefined ? undefined : new OtlpExporter(settings.otlpEndpoint, self);
  const stats = new PrometheusStats(
    gaugesOf(
      () => plane,
      () => reporter,
      spans,
    ),
  );
  const reporter = new Reporter(self, runtime, stats, spans);
  const appHealth = settings.appAddress === undefined ? undefined : new AppHealth(settings.appAddress);
  const plane = new DataPlane({
    runtime,
    appPort: settings.appAddress?.port,
    listenPorts: settings.listenPorts ?? new Map(),
    isAppHealthy: () => appHealth?.isHealthy ?? true,
    onAppRefused: () => appHealth?.reportRefused(),
    record: (exchange) => {
      reporter.record(exchange, plane.identity?.spiffeId ?? '');
    },
  });
  const configured = Promise.withResolvers<void>();
  let isConfigured = false;
  let isStopping = false;
  let admin: Admin | undefined;
  const notReady = () => {
    if (isStopping) return 'draining';
    if (!isConfigured) return 'no configuration yet';
    return needsIdentity(plane.snapshot) && plane.identity === undefined ? 'no certificate yet' : undefined;
  };
  const checkReady = () => {
    if (notReady() === undefined) configured.resolve();
  };
  const apply = async (snapshot: CompiledSnapshot) => {
    try {
      await plane.apply(snapshot);
    } finally {
      // Also without a listener that could not be opened: the others serve.
      isConfigured = true;
      appHealth?.use(plane.snapshot.listeners.find(({ readiness }) => readiness !== undefined)?.readiness);
      checkReady();
    }
  };
  const closeRest = async () => {
    appHealth?.close();
    reporter.close();
    await spans?.close();
    await admin?.close();
  };
  const stop = async (how: 'drain' | 'close') => {
    if (isStopping) return;
    isStopping = true;
    configured.promise.catch(() => {}); // nobody needs to wait for the readiness of a proxy that is stopped
    configured.reject(new Error('the proxy was stopped before it was ready'));
    await plane[how]();
    await closeRest();
  };

  try {
    const isSidecar = settings.kind === 'sidecar';
    const inbound = isSidecar ? await plane.listenInbound(address, settings.inboundPort) : 0;
    const outbound = isSidecar ? await plane.listenOutbound('127.0.0.1', settings.outboundPort) : 0;
    admin = await startAdmin(settings.adminPort, {
      notReady,
      stats: () => stats.toText(),
      snapshot: () => plane.snapshot,
      identity: () => plane.identity,
    });
    const { port: adminPort } = admin;
    let generation = 0;
    return {
      runtime,
      reporter,
      notReady,
      onAppHealth(listener) {
        appHealth?.onChange(listener);
      },
      ports: {
        inbound,
        outbound,
        admin: adminPort,
        get gateway() {
          return plane.gatewayPorts;
        },
      },
      ready: configured.promise,
      identity: () => plane.identity,
      secrets: () => plane.secrets,
      snapshot: () => plane.snapshot,
      compile: (snapshot) => plane.compile(snapshot),
      apply,
      async applySnapshot(snapshot) {
        await apply(plane.compile(snapshot));
      },
      applyIdentity(material: IdentityMaterial) {
        plane.applyIdentity(openIdentity(material, ++generation));
        checkReady();
      },
      applySecret(secret) {
        plane.applySecret(secret);
      },
      drain: () => stop('drain'),
      close: () => stop('close'),
    };
  } catch (error) {
    isStopping = true;
    await plane.close();
    await closeRest();
    throw error;
  }
}

function needsIdentity({ clusters, listeners }: ProxySnapshot): boolean {
  return (
    clusters.some(({ tls }) => tls?.mode === 'ISTIO_MUTUAL') ||
    listeners.some(({ filterChains }) =>
      filterChains.some(({ tls }) => tls?.mode === 'STRICT' || tls?.mode === 'PERMISSIVE'),
    )
  );
}

function gaugesOf(
  plane: () => DataPlane,
  reporter: () => Reporter,
  spans: OtlpExporter | undefined,
): Gauge[] {
  return [
    gauge(
      'downstream_connections',
      'gauge',
      'Open connections of callers',
      () => plane().counts.downstreamConnections,
    ),
    gauge(
      'upstream_connections',
      'gauge',
      'Open upstream connections',
      () => plane().counts.upstreamConnections,
    ),
    gauge(
      'requests_in_flight',
      'gauge',
      'Requests without a finished response',
      () => plane().counts.inFlight,
    ),
    gauge(
      'refused_handshakes_total',
      'counter',
      'Inbound connections without a mesh certificate',
      () => plane().counts.refusedHandshakes,
    ),
    gauge(
      'mirrors_dropped_total',
      'counter',
      'Mirrored requests that were not sent',
      () => plane().counts.droppedMirrors,
    ),
    gauge('spans_exported_total', 'counter', 'Spans that the collector took', () => spans?.exported ?? 0),
    gauge('spans_dropped_total', 'counter', 'Spans that were lost', () => spans?.dropped ?? 0),
    gauge(
      'telemetry_frames_deferred_total',
      'counter',
      'Telemetry frames that could not be sent at once',
      () => reporter().deferredFrames,
    ),
    gauge('resident_memory_bytes', 'gauge', 'RSS of the proxy', () => process.memoryUsage.rss()),
  ];
}

function gauge(name: string, type: Gauge['type'], help: string, read: () => number): Gauge {
  return { name: `heddle_${name}`, type, help, read };
}
