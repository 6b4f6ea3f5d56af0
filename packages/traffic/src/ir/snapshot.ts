/** All parts together. */
import type { Cluster, LoadAssignment } from './cluster.ts';
import type { Listener } from './listener.ts';
import type { RouteConfiguration } from './route.ts';

/** All that one proxy is told. Replaced whole; each list is sorted by name. */
export interface ProxySnapshot {
  readonly listeners: readonly Listener[];
  readonly routeConfigurations: readonly RouteConfiguration[];
  readonly clusters: readonly Cluster[];
  readonly loadAssignments: readonly LoadAssignment[];
}
