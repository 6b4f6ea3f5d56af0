import type { BackendObjectReference } from '@heddle/schema';
import type { ResourceKey } from '@heddle/schema';
import { coreGroup, keyText } from '../../documents/key.ts';
import { serviceHostname } from '../../world/hostname.ts';
import type { MeshService, World } from '../../world/world.ts';
import { clusterName } from '../istio/destination.ts';

/** Why nothing can be sent to a backend; its share is answered 500. */
export type BackendProblem = 'invalid-kind' | 'not-permitted' | 'not-found' | 'unknown-port';

export interface Backend {
  readonly hostname: string;
  /** 0 when the reference names none. */
  readonly port: number;
  readonly cluster: string;
  readonly problem?: BackendProblem;
}

export interface BackendContext {
  readonly world: World;
  /** The route that names the backend. */
  readonly route: ResourceKey;
  /** Routes in the mesh reach any namespace, as in Istio; from a gateway a ReferenceGrant is needed. */
  readonly needsGrant: boolean;
}

/** What a backendRef leads to: a Service, or a host of the mesh by its name (`networking.istio.io` kind `Hostname`). */
export function resolveBackend(ref: BackendObjectReference, context: BackendContext): Backend {
  const { world, route } = context;
  const namespace = ref.namespace ?? route.namespace;
  const kind = `${ref.group ?? ''}/${ref.kind ?? 'Service'}`;
  const named = kind === hostnameKind ? ref.name : serviceHostname(namespace, ref.name);
  // What is only another name leads to the host that it stands for.
  const hostname = world.service(named)?.aliasOf ?? named;
  const port = ref.port ?? 0;
  const backend = { hostname, port, cluster: clusterName(port, '', hostname) };
  // Not the name of a cluster that may be there: whoever only knows names must not reach it.
  const refused = { ...backend, cluster: `refused|${port}||${hostname}` };
  if (kind !== '/Service' && kind !== hostnameKind) return { ...refused, problem: 'invalid-kind' };
  if (context.needsGrant && namespace !== route.namespace && !isGranted(ref, namespace, context)) {
    return { ...refused, problem: 'not-permitted' };
  }
  const service = world.service(hostname);
  if (service === undefined) return { ...backend, problem: 'not-found' };
  return service.ports.some((one) => one.port === port) ? backend : { ...backend, problem: 'unknown-port' };
}

const hostnameKind = 'networking.istio.io/Hostname';

interface Referent {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
}

/** Whether the namespace of the referent lets the referrer's kind and namespace in. */
export function isGranted(
  referent: Referent,
  namespace: string,
  { world, route }: Pick<BackendContext, 'world' | 'route'>,
): boolean {
  const group = (one: string) => (one === '' ? coreGroup : one);
  return world.documents.referenceGrants.some(
    ({ key, object: { spec } }) =>
      key.namespace === namespace &&
      spec.from.some(
        (from) =>
          group(from.group) === route.group && from.kind === route.kind && from.namespace === route.namespace,
      ) &&
      spec.to.some(
        (to) =>
          group(to.group) === group(referent.group ?? '') &&
          to.kind === (referent.kind ?? 'Service') &&
          (to.name === undefined || to.name === referent.name),
      ),
  );
}

/** The service of a Service or ServiceEntry; of an entry with several hosts the first. */
export function serviceNamed(key: ResourceKey, world: World): MeshService | undefined {
  if (key.kind === 'Service') return world.service(serviceHostname(key.namespace, key.name));
  return world.services.find(({ document }) => keyText(document.key) === keyText(key));
}
