/** Members of WorkloadGroups: proxies that have registered with one are what its template says (Istio's auto-registration). */
import type { WorkloadGroupDocument } from '@heddle/schema';
import type { Typed, WorldDocuments } from './documents.ts';
import { DocumentMemo } from './document-memo.ts';
import type { WorkloadInstance } from './instance.ts';

type Groups = Pick<WorldDocuments, 'workloadGroups'>;

export function groupOf(
  { namespace, group }: Pick<WorkloadInstance, 'namespace' | 'group'>,
  { workloadGroups }: Groups,
): Typed<WorkloadGroupDocument> | undefined {
  if (group === undefined) return undefined;
  return workloadGroups.find(({ key }) => key.namespace === namespace && key.name === group);
}

/** @returns why a proxy may not register with a group; undefined when it may */
export function groupRefusal(
  proxy: Pick<WorkloadInstance, 'namespace' | 'group' | 'serviceAccount'>,
  documents: Groups,
): string | undefined {
  if (proxy.group === undefined) return undefined;
  const name = `WorkloadGroup ${proxy.namespace}/${proxy.group}`;
  const group = groupOf(proxy, documents);
  if (group === undefined) return `there is no ${name}`;
  const { serviceAccount } = group.object.spec.template;
  return serviceAccount === undefined || serviceAccount === '' || serviceAccount === proxy.serviceAccount
    ? undefined
    : `${name} is for service account ${serviceAccount}, and this is ${proxy.serviceAccount}`;
}

const members = new DocumentMemo<WorkloadInstance>();
const nothing = {};

/** The same object as long as neither the instance nor its group has changed. */
export function withGroups(instances: readonly WorkloadInstance[], documents: Groups): WorkloadInstance[] {
  return instances.map((instance) => {
    const group = groupOf(instance, documents);
    return group === undefined
      ? instance
      : members.get(nothing, [instance, group], '', () => memberOf(instance, group));
  });
}

/** What a proxy says of its labels goes before the group's metadata, and that before the template (Istio). */
function memberOf(instance: WorkloadInstance, { object }: Typed<WorkloadGroupDocument>): WorkloadInstance {
  const { metadata, template } = object.spec;
  return {
    ...instance,
    labels: { ...template.labels, ...metadata?.labels, ...instance.labels },
    ...(template.weight ? { weight: template.weight } : {}),
    ...(template.ports === undefined ? {} : { ports: template.ports }),
  };
}
