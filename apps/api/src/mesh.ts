/** The one place where the parts are joined: control plane, xDS, certificates, live telemetry and traces. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  ControlPlane,
  type DebounceTimers,
  defaultSettings,
  EnrolmentTokens,
  groupRefusal,
  type IssuedCertificate,
  type MeshSettings,
  openCertificateAuthority,
  SqliteConfigStore,
  type WorkloadInstance,
} from '@heddle/mesh-core';
import { decodeFrame, FrameError, isFactFrame, RollupRing, TraceStore } from '@heddle/telemetry';
import { type AdsServer, createAdsServer, type ProxyNode, systemClock } from '@heddle/xds';
import { Forecaster } from './forecast/forecaster.ts';
import type { MeshMetrics } from './metrics.ts';
import { tokenStoreIn } from './token-records.ts';

export interface MeshOptions {
  /** Holds the configuration, the CA's keys and the tokens. Created when it is not there. */
  readonly dataDir: string;
  readonly adsHost: string;
  /** 0: any free port. */
  readonly adsPort: number;
  readonly settings?: MeshSettings;
  readonly metrics: MeshMetrics;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields?: object) => void;
}

export interface Mesh {
  readonly controlPlane: ControlPlane;
  readonly ads: AdsServer;
  readonly tokens: EnrolmentTokens;
  readonly ring: RollupRing;
  readonly traces: TraceStore;
  readonly forecaster: Forecaster;
  /** PEM of the roots that proxies verify the control plane and each other with. */
  readonly caPem: string;
  readonly now: () => number;
  /** The newest certificate of a proxy since this process has started. */
  certificateOf(proxyId: string): IssuedCertificate | undefined;
  /** Runs whenever a proxy's synchronisation or presence has changed. */
  onProxies(listener: () => void): () => void;
  close(): Promise<void>;
}

const timers: DebounceTimers = {
  now: () => Date.now(),
  setTimeout(run, ms) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return { clear: () => clearTimeout(timer) };
  },
};

export async function createMesh(options: MeshOptions): Promise<Mesh> {
  const { dataDir, metrics, log, settings = defaultSettings } = options;
  const { now } = timers;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const store = new SqliteConfigStore(join(dataDir, 'config.db'), now);
  const authority = openCertificateAuthority({
    directory: join(dataDir, 'ca'),
    trustDomain: settings.trustDomain,
    now,
  });
  const tokens = new EnrolmentTokens({ store: tokenStoreIn(store), now });
  const ring = new RollupRing({ now });
  const traces = new TraceStore({ now });
  const certificates = new Map<string, IssuedCertificate>();
  const listeners = new Set<() => void>();
  const proxiesChanged = () => {
    for (const listener of listeners) listener();
  };
  const controlPlane = new ControlPlane({
    store,
    timers,
    settings,
    publish: (...published) => ads.publish(...published),
  });
  const badFrame = (proxy: string, reason: string) => {
    metrics.badFrames.inc();
    log('warn', 'a telemetry frame could not be read', { proxy, reason });
  };
  const forecaster = new Forecaster({ controlPlane, refused: badFrame, log });
  const server = authority.serverCertificate(['localhost', '127.0.0.1', '::1']);
  const ads: AdsServer = await createAdsServer({
    host: options.adsHost,
    port: options.adsPort,
    tls: server,
    clock: systemClock,
    hooks: {
      authenticate(token, node) {
        const refusal = groupRefusal(node, controlPlane.world.documents);
        const verdict =
          refusal === undefined ? tokens.redeem(token, node) : { ok: false as const, reason: refusal };
        if (!verdict.ok) log('warn', 'a proxy was refused', { proxy: node.id, reason: verdict.reason });
        return verdict;
      },
      issueSvid(node, csrPem) {
        const issued = authority.issue({
          namespace: node.namespace,
          serviceAccount: node.serviceAccount,
          trustDomain: controlPlane.world.settings.trustDomain,
          csrPem,
        });
        certificates.set(node.id, issued);
        return issued;
      },
      connected(node) {
        controlPlane.connected(toInstance(node, controlPlane));
        proxiesChanged();
      },
      disconnected(proxyId) {
        controlPlane.disconnected(proxyId);
        proxiesChanged();
      },
      health: (proxyId, healthy, reason) => controlPlane.registry.health(proxyId, healthy, reason),
      telemetry(proxyId, frame) {
        if (isFactFrame(frame)) {
          forecaster.takeFacts(proxyId, frame);
          return;
        }
        try {
          const cells = decodeFrame(frame);
          ring.merge(cells);
          metrics.frames.inc();
          metrics.cells.inc(cells.length);
        } catch (error) {
          if (!(error instanceof FrameError)) throw error;
          badFrame(proxyId, error.message);
        }
      },
      status(proxyId) {
        const sync = ads.proxyStatus(proxyId);
        if (sync === undefined) return;
        controlPlane.accepted(proxyId, sync.revision);
        const refused = sync.types.filter(({ state }) => state === 'nacked');
        if (refused.length > 0) {
          const reason = refused.map(({ type, nack }) => `${type}: ${nack}`).join('; ');
          controlPlane.refused(proxyId, sync.publishedRevision, reason);
        }
        proxiesChanged();
      },
    },
  });
  ads.publishBundle(authority.bundlePem);
  const pruning = setInterval(() => {
    ring.prune();
    forgetGoneProxies(ads, controlPlane, certificates);
  }, 1000);
  pruning.unref();
  const unsubscribe = observePushes(controlPlane, metrics);
  const unsubscribeIdentities = reissueOnNewTrustDomain(controlPlane, ads);
  registerGauges(metrics, { ads, controlPlane, ring, traces });
  return {
    controlPlane,
    ads,
    tokens,
    ring,
    traces,
    forecaster,
    caPem: authority.bundlePem,
    now,
    certificateOf: (proxyId) => certificates.get(proxyId),
    onProxies(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      clearInterval(pruning);
      unsubscribe();
      unsubscribeIdentities();
      await ads.close();
      await forecaster.close();
      controlPlane.close();
      store.close();
    },
  };
}

/** A proxy that comes back keeps the readiness it had until it reports again; a new one is not ready yet. */
function toInstance(node: ProxyNode, controlPlane: ControlPlane): WorkloadInstance {
  const known = controlPlane.registry.get(node.id);
  const isGateway = node.kind === 'gateway';
  return {
    id: node.id,
    kind: node.kind,
    namespace: node.namespace,
    workload: node.workload,
    labels: node.labels,
    serviceAccount: node.serviceAccount,
    address: node.address,
    inboundPort: node.inboundPort,
    appPort: node.appPort,
    ...(node.group === undefined ? {} : { group: node.group }),
    ready: known?.ready ?? isGateway,
    reason: known?.reason ?? (isGateway ? '' : 'its proxy has not reported on it yet'),
  };
}

/** How long a proxy that left is still listed as offline. */
const offlineMs = 300_000;

function forgetGoneProxies(
  ads: AdsServer,
  controlPlane: ControlPlane,
  certificates: Map<string, IssuedCertificate>,
): void {
  const now = Date.now();
  for (const { id, online, types } of ads.status()) {
    const lastSeen = Math.max(0, ...types.map(({ ackedAtMs }) => ackedAtMs ?? 0));
    if (online || controlPlane.registry.get(id) !== undefined || now - lastSeen < offlineMs) continue;
    ads.forget(id);
    certificates.delete(id);
  }
}

/** Peers expect the new identities from the next push on: nobody waits for its certificate to come of age. */
function reissueOnNewTrustDomain(controlPlane: ControlPlane, ads: AdsServer): () => void {
  let { trustDomain } = controlPlane.world.settings;
  return controlPlane.subscribe(() => {
    const { trustDomain: now } = controlPlane.world.settings;
    if (now === trustDomain) return;
    trustDomain = now;
    ads.reissue();
  });
}

function observePushes(controlPlane: ControlPlane, metrics: MeshMetrics): () => void {
  const observed = new Set<number>();
  return controlPlane.subscribe((event) => {
    if (event.kind === 'instances' || observed.has(event.revision)) return;
    const ackedMs = controlPlane.pushStatus(event.revision)?.ackedMs;
    if (ackedMs === undefined || ackedMs === null) return;
    observed.add(event.revision);
    metrics.pushSeconds.observe(ackedMs / 1000);
  });
}

function registerGauges(
  metrics: MeshMetrics,
  parts: Pick<Mesh, 'ads' | 'controlPlane' | 'ring' | 'traces'>,
): void {
  const { ads, controlPlane, ring, traces } = parts;
  metrics.gauge(
    'heddle_config_revision',
    'Newest revision of the configuration',
    () => controlPlane.store.revision,
  );
  metrics.gauge('heddle_proxies_online', 'Proxies with an open stream', () => ads.presence().online);
  metrics.gauge('heddle_ring_series', 'Live series in the rollup ring', () => ring.seriesCount);
  metrics.gauge(
    'heddle_ring_overflow_requests',
    'Requests counted as other: too many series',
    () => ring.overflowed,
  );
  metrics.gauge('heddle_trace_spans', 'Spans kept in memory', () => traces.spanCount);
  metrics.gauge('heddle_traces', 'Traces kept in memory', () => traces.traceCount);
}
