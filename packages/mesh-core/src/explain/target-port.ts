import { selects } from '../world/instance.ts';
import type { MeshService, World } from '../world/world.ts';

/**
 * The port of the workloads behind a service's port. A name is looked up in the containers of the Deployments that the service
 * selects; a service without a selector has its ports in EndpointSlices. Nobody says: the service's own port.
 */
export function targetPortOf(
  { namespace, name: serviceName, selector, ports, resolution }: MeshService,
  port: number,
  { documents }: World,
): number {
  const { name = '', targetPort = port } = ports.find((one) => one.port === port) ?? {};
  if (resolution === 'workloads' && selector === undefined) {
    const slice = documents.endpointSlices.find(
      ({ key, object }) =>
        key.namespace === namespace && object.metadata.labels?.['kubernetes.io/service-name'] === serviceName,
    );
    const own = slice?.object.ports?.find((one) => (one.name ?? '') === name)?.port;
    if (own !== undefined) return own;
  }
  if (typeof targetPort === 'number') return targetPort;
  const named = documents.deployments
    .filter(
      ({ key, object }) =>
        key.namespace === namespace && selects(selector, object.spec.template.metadata?.labels ?? {}),
    )
    .flatMap(({ object }) => object.spec.template.spec.containers ?? [])
    .flatMap((container) => container.ports ?? [])
    .find((one) => one.name === targetPort);
  return named?.containerPort ?? port;
}
