/** The types of resources that travel, in the order in which a change is made before what it replaces is broken. */

export type ResourceType = 'CDS' | 'EDS' | 'LDS' | 'RDS' | 'SDS';

/** Clusters before the endpoints in them, listeners before the routes they name, all before what routes point at goes. */
export const pushOrder = ['CDS', 'EDS', 'LDS', 'RDS', 'SDS'] as const satisfies readonly ResourceType[];

/** What refers to something goes before it: a client that takes one after the other is never left with a name of nothing. */
export const removalOrder = ['LDS', 'RDS', 'CDS', 'EDS', 'SDS'] as const satisfies readonly ResourceType[];

const messageNames: Record<ResourceType, string> = {
  CDS: 'envoy.config.cluster.v3.Cluster',
  EDS: 'envoy.config.endpoint.v3.ClusterLoadAssignment',
  LDS: 'envoy.config.listener.v3.Listener',
  RDS: 'envoy.config.route.v3.RouteConfiguration',
  SDS: 'envoy.extensions.transport_sockets.tls.v3.Secret',
};

const typePrefix = 'type.googleapis.com/';

/** `envoy.config.listener.v3.Listener`. */
export function messageName(type: ResourceType): string {
  return messageNames[type];
}

export function typeUrl(type: ResourceType): string {
  return typePrefix + messageNames[type];
}

/** undefined for a type we do not serve. */
export function resourceTypeOf(url: string): ResourceType | undefined {
  return pushOrder.find((type) => typeUrl(type) === url);
}

/** Listeners and clusters are subscribed to as a whole; the others by the names that these two mention. */
export function isWildcardType(type: ResourceType): boolean {
  return type === 'LDS' || type === 'CDS';
}
