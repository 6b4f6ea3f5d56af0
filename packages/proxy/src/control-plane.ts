import { generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import type { ProxySnapshot, TlsSecret } from '@heddle/traffic';
import {
  connectAds,
  proxyId,
  secretNames,
  type AdsClient,
  type Identity as IssuedIdentity,
} from '@heddle/xds';
import { createCsr } from '@heddle/x509';
import { openIdentity } from './identity/identity.ts';
import { parseSpiffeId } from './identity/peer.ts';
import { renewalDelayMs } from './identity/renewal.ts';
import type { ControlPlaneSource, ProxySettings } from './options.ts';
import type { StartedProxy } from './proxy.ts';
import { StateDir } from './snapshot/state-dir.ts';

const userAgent = 'heddle/0.1.0';
/** How long a start waits for the control plane before it serves what it knew last. */
const patienceMs = 1500;

/**
 * Keeps a proxy in line with its control plane: configuration and identity come from it, health and telemetry go to it.
 *
 * While it is away the proxy goes on with what it has; a proxy that starts then takes the last good state from the disk.
 */
export class ControlPlaneSession {
  readonly #settings: ProxySettings & ControlPlaneSource;
  readonly #proxy: StartedProxy;
  readonly #state: StateDir | undefined;
  readonly #client: AdsClient;
  readonly #patience: NodeJS.Timeout;
  /** Keys whose certificate is in use or asked for, newest last. */
  #keys: KeyObject[] = [];
  #renewal: NodeJS.Timeout | undefined;
  #hasSnapshot = false;
  #hasIdentity = false;
  #isAppHealthy: boolean;

  constructor(settings: ProxySettings & ControlPlaneSource, proxy: StartedProxy) {
    const { controlPlaneUrl, caPem, token, stateDir } = settings;
    this.#settings = settings;
    this.#proxy = proxy;
    this.#state = stateDir === undefined ? undefined : new StateDir(stateDir);
    // Without an application to ask, a proxy is as healthy as it is ready.
    this.#isAppHealthy = settings.appAddress === undefined;
    this.#client = connectAds({
      url: controlPlaneUrl,
      caPem,
      token,
      node: nodeOf(settings, proxy.ports.inbound),
      createCsr: () => this.#newCsr(),
      random: () => proxy.runtime.random(),
      hooks: {
        snapshot: (snapshot) => {
          const compiled = proxy.compile(snapshot);
          this.#hasSnapshot = true;
          return this.#apply(compiled);
        },
        identity: (issued) => {
          this.#takeIdentity(issued);
        },
        secret: (secret) => {
          this.#takeSecret(secret);
        },
        identityRefused: (reason) => {
          proxy.runtime.log('error', 'the control plane refused a certificate', { reason });
        },
        state: (state, reason) => {
          proxy.runtime.log(state === 'disconnected' ? 'warn' : 'info', `control plane ${state}`, { reason });
          if (state === 'disconnected') this.#restore();
        },
      },
    });
    this.#patience = setTimeout(() => {
      this.#restore();
    }, patienceMs);
    this.#patience.unref();
    proxy.reporter.sink = (frame) => this.#client.sendTelemetry(frame);
    this.#reportOnceReady().catch(() => {}); // it was stopped first
  }

  /** The application came or went. */
  setAppHealth(isHealthy: boolean): void {
    this.#isAppHealthy = isHealthy;
    this.#reportHealth();
  }

  /** Tells peers to stay away, before the listeners close. */
  announceEnd(): void {
    this.#client.reportHealth(false, 'draining');
  }

  close(): void {
    clearTimeout(this.#patience);
    clearTimeout(this.#renewal);
    this.#client.close();
  }

  async #reportOnceReady(): Promise<void> {
    await this.#proxy.ready;
    this.#reportHealth();
  }

  /** Peers are sent here only when both the application answers and the proxy can serve mTLS. */
  #reportHealth(): void {
    const notReady = this.#proxy.notReady();
    if (notReady !== undefined) this.#client.reportHealth(false, notReady);
    else if (this.#isAppHealthy) this.#client.reportHealth(true, '');
    else this.#client.reportHealth(false, 'the application does not accept connections');
  }

  /** @throws naming what could not be opened; everything else is in force, and saved */
  async #apply(compiled: ReturnType<StartedProxy['compile']>): Promise<void> {
    const { log } = this.#proxy.runtime;
    try {
      await this.#proxy.apply(compiled);
    } catch (error) {
      log('error', 'a snapshot could not be put in force as a whole', { error: String(error) });
      throw error;
    } finally {
      this.#save(compiled.source).catch((error: unknown) => {
        log('error', 'the snapshot could not be saved', { error: String(error) });
      });
    }
  }

  async #save(source: ProxySnapshot): Promise<void> {
    await this.#state?.saveSnapshot(source);
    await this.#saveSecrets(source);
  }

  #takeSecret(secret: TlsSecret): void {
    this.#proxy.applySecret(secret);
    this.#saveSecrets(this.#proxy.snapshot()).catch((error: unknown) => {
      this.#proxy.runtime.log('error', 'the secrets could not be saved', { error: String(error) });
    });
  }

  /** Those that are in use: what no snapshot names any more is not kept. */
  async #saveSecrets({ listeners, clusters }: ProxySnapshot): Promise<void> {
    const named = secretNames(listeners, clusters);
    if (named.size === 0) return;
    await this.#state?.saveSecrets(this.#proxy.secrets().filter(({ name }) => named.has(name)));
  }

  #newCsr(): string {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#keys.push(privateKey);
    return createCsr(privateKey);
  }

  #takeIdentity({ chainPem, bundlePem }: IssuedIdentity): void {
    const leaf = new X509Certificate(chainPem);
    const key = this.#keys.find((one) => leaf.checkPrivateKey(one));
    if (key === undefined) throw new Error(`certificate ${leaf.serialNumber} belongs to none of our keys`);
    const material = {
      privateKeyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      certificateChainPem: chainPem,
      rootsPem: bundlePem,
    };
    this.#proxy.applyIdentity(material);
    this.#hasIdentity = true;
    // Requests before this one are answered or forgotten; one that is still out has a newer key.
    this.#keys = this.#keys.slice(this.#keys.indexOf(key));
    this.#scheduleRenewal();
    this.#state?.saveIdentity(material).catch((error: unknown) => {
      this.#proxy.runtime.log('error', 'the identity could not be saved', { error: String(error) });
    });
  }

  #scheduleRenewal(): void {
    const identity = this.#proxy.identity();
    if (identity === undefined) return;
    const { runtime } = this.#proxy;
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(
      () => {
        this.#client.renewIdentity();
        this.#scheduleRenewal();
      },
      renewalDelayMs(identity, runtime.now(), runtime.random()),
    );
    this.#renewal.unref();
  }

  /** The control plane is away (or slow) and nothing came from it yet: what the disk knows is better than nothing. */
  #restore(): void {
    clearTimeout(this.#patience);
    this.#restoreFrom(this.#state).catch((error: unknown) => {
      this.#proxy.runtime.log('warn', 'the last good state could not be used', { error: String(error) });
    });
  }

  async #restoreFrom(state: StateDir | undefined): Promise<void> {
    if (state === undefined || (this.#hasSnapshot && this.#hasIdentity)) return;
    const [material, snapshot, secrets] = await Promise.all([
      state.loadIdentity(),
      state.loadSnapshot(),
      state.loadSecrets(),
    ]);
    if (material !== undefined && !this.#hasIdentity) {
      const { spiffeId, notAfterMs } = openIdentity(material, 0);
      const isUsable = this.#isOwn(spiffeId) && notAfterMs > this.#proxy.runtime.now();
      if (isUsable) this.#proxy.applyIdentity(material);
    }
    for (const secret of secrets) {
      // One that came in the meantime is newer.
      if (!this.#proxy.secrets().some(({ name }) => name === secret.name)) this.#proxy.applySecret(secret);
    }
    if (snapshot !== undefined && !this.#hasSnapshot) {
      await this.#proxy.apply(this.#proxy.compile(snapshot));
      this.#proxy.runtime.log('warn', 'serving the last good snapshot from the disk');
    }
  }

  /** In whichever trust domain: that is the control plane's to say, and may have changed. */
  #isOwn(spiffeId: string): boolean {
    const { namespace, serviceAccount } = this.#settings;
    const known = parseSpiffeId(spiffeId);
    return known?.namespace === namespace && known.serviceAccount === serviceAccount;
  }
}

function nodeOf(settings: ProxySettings, inboundPort: number) {
  const { kind, namespace, workload, serviceAccount, labels, trustDomain } = settings;
  const address = settings.address ?? '127.0.0.1';
  return {
    id: proxyId({
      kind,
      address,
      name: settings.instance ?? workload,
      namespace,
      clusterDomain: trustDomain,
    }),
    kind,
    workload,
    namespace,
    serviceAccount,
    labels,
    version: labels['version'] ?? '',
    userAgent,
    address,
    inboundPort,
    appPort: settings.appAddress?.port ?? 0,
    ...(settings.group === undefined ? {} : { group: settings.group }),
  };
}
