import type { ProxySnapshot, TlsSecret } from '@heddle/traffic';
import type { IdentityMaterial } from './identity/identity.ts';
import type { Runtime } from './runtime.ts';

/** How one sidecar or gateway is started. */
export type ProxyOptions = ProxySettings & (ControlPlaneSource | StaticSource);

export interface ProxySettings {
  readonly kind: 'sidecar' | 'gateway';
  readonly namespace: string;
  readonly workload: string;
  /** Unique among the instances of the workload, and the same after a restart; default the workload's name. */
  readonly instance?: string;
  readonly serviceAccount: string;
  /** The WorkloadGroup that it registers as a member of. */
  readonly group?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly trustDomain: string;
  /** The application beside a sidecar; its port chooses the inbound filter chain. */
  readonly appAddress?: { readonly host: string; readonly port: number };
  /** Where peers reach this proxy, and what the inbound port is bound to; default 127.0.0.1. */
  readonly address?: string;
  /** Ports of a sidecar and of the admin pages; 0 takes a free one. */
  readonly inboundPort: number;
  readonly outboundPort: number;
  readonly adminPort: number;
  /** A gateway's listeners by the port they name, where another one is to be opened; 0 takes a free one. */
  readonly listenPorts?: ReadonlyMap<number, number>;
  /** Collector for spans, such as `http://127.0.0.1:4318`; without one no spans are made. */
  readonly otlpEndpoint?: string;
  /** Keeps the last good snapshot and identity, for a start without the control plane. */
  readonly stateDir?: string;
  /** Time, dice and log; default the machine's. */
  readonly runtime?: Runtime;
}

/** Configuration and identity come from a control plane over ADS. */
export interface ControlPlaneSource {
  /** `http://127.0.0.1:15010` or `https://...` */
  readonly controlPlaneUrl: string;
  /** Verifies an `https` control plane. */
  readonly caPem?: string;
  /** Enrols this workload. */
  readonly token: string;
}

/** Configuration and identity are passed in and replaced by `apply...`: `--standalone`, and tests. */
export interface StaticSource {
  readonly snapshot: ProxySnapshot;
  readonly identity?: IdentityMaterial;
  /** That the snapshot names. */
  readonly secrets?: readonly TlsSecret[];
  /** Takes telemetry frames; false: could not take it now. */
  readonly onTelemetry?: (frame: Uint8Array) => boolean;
}

export interface RunningProxy {
  readonly ports: {
    /** 0 for a gateway. */
    readonly inbound: number;
    readonly outbound: number;
    readonly admin: number;
    /** Ports of a gateway's listeners by listener name; they come and go with the snapshot. */
    readonly gateway: ReadonlyMap<string, number>;
  };
  /** Resolves when it has configuration, and a certificate if it needs one. */
  readonly ready: Promise<void>;
  /**
   * Only for a static source, whose owner it is.
   *
   * @throws what is wrong with it, and the old one stays; or which listeners cannot be opened, and everything else is in force
   */
  applySnapshot(snapshot: ProxySnapshot): Promise<void>;
  applyIdentity(material: IdentityMaterial): void;
  /** @throws TlsMaterialError when it cannot be used; the one before stays */
  applySecret(secret: TlsSecret): void;
  /** Accepts nothing new, answers what is in flight (5 s at most), closes. */
  drain(): Promise<void>;
  close(): Promise<void>;
}
