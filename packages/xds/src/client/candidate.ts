/** Resources that may make a snapshot: what they mention, what of that is missing, and the snapshot itself. */
import type { ProxySnapshot } from '@heddle/traffic';
import type { ResourceShapes } from '../resource/codec.ts';
import type { SnapshotType } from '../resource/snapshot.ts';
import { secretNames } from './secret-names.ts';

/** Resources of each type by name. */
export type Nodes = { readonly [T in SnapshotType]: ReadonlyMap<string, ResourceShapes[T]> };

export class Candidate {
  readonly #nodes: Nodes;

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
  }

  /** The names that listeners (routes), clusters (endpoints), or both (secrets) mention. */
  mentioned(type: 'RDS' | 'EDS' | 'SDS'): ReadonlySet<string> {
    if (type === 'SDS') return secretNames(this.#nodes.LDS.values(), this.#nodes.CDS.values());
    if (type === 'EDS') {
      const clusters = [...this.#nodes.CDS.values()].filter(({ discovery }) => discovery === 'EDS');
      return new Set(clusters.map(({ name }) => name));
    }
    const chains = [...this.#nodes.LDS.values()].flatMap(({ filterChains }) => filterChains);
    return new Set(chains.map(({ http }) => http.routeConfig));
  }

  /** Mentioned, and not here. */
  missing(type: 'RDS' | 'EDS'): readonly string[] {
    return [...this.mentioned(type)].filter((name) => !this.#nodes[type].has(name));
  }

  /** Clusters that routes send to and that are not here; one that the control plane marked as invalid never comes. */
  missingClusters(): readonly string[] {
    const missing = new Set<string>();
    for (const { virtualHosts } of this.#nodes.RDS.values()) {
      for (const { action } of virtualHosts.flatMap(({ routes }) => routes)) {
        if (action.kind !== 'forward') continue;
        for (const { cluster, invalidStatus } of action.clusters) {
          if (invalidStatus === undefined && !this.#nodes.CDS.has(cluster)) missing.add(cluster);
        }
        for (const { cluster } of action.mirrors) if (!this.#nodes.CDS.has(cluster)) missing.add(cluster);
      }
    }
    return [...missing];
  }

  /** Unchanged nodes are the same objects as in the snapshot before. */
  snapshot(): ProxySnapshot {
    return {
      listeners: sorted(this.#nodes.LDS),
      routeConfigurations: sorted(this.#nodes.RDS),
      clusters: sorted(this.#nodes.CDS),
      loadAssignments: sorted(this.#nodes.EDS),
    };
  }
}

/** By code unit, as everywhere where an order must not depend on the machine's language. */
function sorted<T>(nodes: ReadonlyMap<string, T>): readonly T[] {
  return [...nodes].toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))).map(([, node]) => node);
}
