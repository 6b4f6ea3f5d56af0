import type { World } from '../world/world.ts';

/** What runs, or is said to run: pods by instance, or the Deployment that they come from. */
export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Each workload once, by namespace: several instances of one have the same labels. */
export function workloadsByNamespace({
  deployments,
  instances,
}: World): ReadonlyMap<string, readonly Workload[]> {
  const all = new Map<string, Workload>();
  for (const { namespace, name, labels } of deployments) {
    all.set(JSON.stringify([namespace, name, labels]), { namespace, name, labels });
  }
  for (const { namespace, workload: name, labels } of instances) {
    all.set(JSON.stringify([namespace, name, labels]), { namespace, name, labels });
  }
  return Map.groupBy(all.values(), ({ namespace }) => namespace);
}
