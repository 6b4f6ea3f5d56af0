/** What the control plane knows of services and workloads, as far as the graph needs it. */
export interface TopologyService {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'service' | 'gateway';
}

export interface TopologyWorkload {
  readonly namespace: string;
  readonly name: string;
  /** Label `version`, "" without one. */
  readonly version: string;
  /** Name of the service that selects it, in its own namespace; "" when none does. */
  readonly service: string;
  readonly kind: 'service' | 'gateway';
  readonly ready: number;
  readonly total: number;
}

export interface Topology {
  readonly services: readonly TopologyService[];
  readonly workloads: readonly TopologyWorkload[];
  /**
   * Services by `name.namespace` that a split sends to in the place of another one: requests to them are counted for that one, as
   * versions of it. Its own page sees them so; to the mesh they are services of their own.
   */
  readonly parts?: ReadonlyMap<string, ServicePart>;
}

export interface ServicePart {
  readonly namespace: string;
  readonly service: string;
  readonly version: string;
}

/** The topology, indexed by name. */
export class TopologyIndex {
  readonly topology: Topology;
  readonly #workloads = new Map<string, TopologyWorkload>();
  readonly #byService = new Map<string, TopologyWorkload[]>();
  readonly #services = new Map<string, TopologyService>();

  constructor(topology: Topology) {
    this.topology = topology;
    for (const service of topology.services)
      this.#services.set(`${service.name}.${service.namespace}`, service);
    for (const workload of topology.workloads) {
      this.#workloads.set(`${workload.name}.${workload.namespace}`, workload);
      const service = `${workload.service}.${workload.namespace}`;
      this.#byService.set(service, [...(this.#byService.get(service) ?? []), workload]);
    }
  }

  workload(namespace: string, name: string): TopologyWorkload | undefined {
    return this.#workloads.get(`${name}.${namespace}`);
  }

  service(namespace: string, name: string): TopologyService | undefined {
    return this.#services.get(`${name}.${namespace}`);
  }

  part(namespace: string, service: string): ServicePart | undefined {
    return this.topology.parts?.get(`${service}.${namespace}`);
  }

  workloadsOf(namespace: string, service: string): readonly TopologyWorkload[] {
    return this.#byService.get(`${service}.${namespace}`) ?? [];
  }
}
