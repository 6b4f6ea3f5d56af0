/** One running copy of a workload with its proxy, as the proxy announced it. */
export interface WorkloadInstance {
  /** Id of its proxy. */
  readonly id: string;
  readonly kind: 'sidecar' | 'gateway';
  readonly namespace: string;
  readonly workload: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** Where other proxies reach it. */
  readonly address: string;
  readonly inboundPort: number;
  /** The application's own port behind the proxy; 0 for gateways. */
  readonly appPort: number;
  /** The WorkloadGroup that it has registered with. */
  readonly group?: string;
  /** What its group says of its endpoints. */
  readonly weight?: number;
  readonly ports?: Readonly<Record<string, number>>;
  readonly ready: boolean;
  /** Why it is not ready; "" otherwise. */
  readonly reason: string;
}

/** A selector without labels selects nothing. */
export function selects(
  selector: Readonly<Record<string, string>> | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  return selector !== undefined && Object.keys(selector).length > 0 && isSubset(selector, labels);
}

export function isSubset(
  wanted: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
