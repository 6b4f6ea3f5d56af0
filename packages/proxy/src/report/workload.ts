/** The workload that this proxy stands beside, as it is told to telemetry. */
export interface Workload {
  readonly kind: 'sidecar' | 'gateway';
  readonly namespace: string;
  readonly name: string;
  /** "" without a version label. */
  readonly version: string;
  /** Canonical name: what the console calls the service. */
  readonly app: string;
  readonly instanceId: string;
}

/** @see Istio's canonical service labels; `app` and `version` are their older names */
export function workloadOf(options: {
  readonly kind: 'sidecar' | 'gateway';
  readonly namespace: string;
  readonly workload: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly instanceId: string;
}): Workload {
  const { kind, namespace, workload, labels, instanceId } = options;
  return {
    kind,
    namespace,
    name: workload,
    version: labels['service.istio.io/canonical-revision'] ?? labels['version'] ?? '',
    app:
      labels['service.istio.io/canonical-name'] ??
      labels['app.kubernetes.io/name'] ??
      labels['app'] ??
      workload,
    instanceId,
  };
}
