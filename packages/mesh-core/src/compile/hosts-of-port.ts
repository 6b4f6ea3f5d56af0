import type { Origin, Route, VirtualHost } from '@heddle/traffic';
import { areSame } from '../world/document-memo.ts';
import { serviceSuffix } from '../world/hostname.ts';
import type { MeshService } from '../world/world.ts';

/** Virtual hosts of one port. The first to name a host or a domain has it. */
export class HostsOfPort {
  readonly #port: number;
  readonly #namespace: string;
  readonly #aliases: ReadonlyMap<string, readonly string[]>;
  readonly #hosts = new Map<string, VirtualHost>();
  readonly #domains = new Set<string>();

  /**
   * @param namespace of the client, whose short names are those of its own services
   * @param services among them those that are only other names
   */
  constructor(port: number, namespace: string, services: readonly MeshService[]) {
    this.#port = port;
    this.#namespace = namespace;
    this.#aliases = new Map(
      [...Map.groupBy(services, ({ aliasOf }) => aliasOf ?? '')].map(([host, aliases]) => [
        host,
        aliases.map(({ hostname }) => hostname),
      ]),
    );
  }

  addHost(host: string, routes: readonly Route[], from: readonly Origin[]): void {
    this.#add(host, [host], routes, from);
  }

  addService(service: MeshService, routes: readonly Route[], from: readonly Origin[]): void {
    this.#add(
      service.hostname,
      domainsOf(service, this.#aliases.get(service.hostname) ?? [], this.#namespace),
      routes,
      from,
    );
  }

  all(): VirtualHost[] {
    return [...this.#hosts.values()];
  }

  #add(host: string, domains: readonly string[], routes: readonly Route[], from: readonly Origin[]): void {
    if (this.#hosts.has(host)) return;
    const free = domains.filter((domain) => !this.#domains.has(domain));
    for (const domain of free) this.#domains.add(domain);
    if (free.length > 0)
      this.#hosts.set(host, keptHost(`${host}:${this.#port}`, this.#namespace, free, routes, from));
  }
}

/** By their routes: a host that is told the same again stays the same object, so that it is not hashed and encoded again. */
const kept = new WeakMap<readonly Route[], Map<string, VirtualHost>>();

function keptHost(
  name: string,
  client: string,
  domains: readonly string[],
  routes: readonly Route[],
  from: readonly Origin[],
): VirtualHost {
  const byName = kept.get(routes) ?? new Map<string, VirtualHost>();
  kept.set(routes, byName);
  const known = byName.get(`${client} ${name}`);
  if (known !== undefined && areSame(known.domains, domains) && areSameOrigins(known.from, from)) {
    return known;
  }
  const host = { name, domains, routes, from };
  byName.set(`${client} ${name}`, host);
  return host;
}

function areSameOrigins(a: readonly Origin[], b: readonly Origin[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, i) => {
      const other = b[i];
      return (
        other !== undefined &&
        one.name === other.name &&
        one.generation === other.generation &&
        one.namespace === other.namespace &&
        one.kind === other.kind &&
        one.path === other.path
      );
    })
  );
}

/** What a Host header may say for a service: its names, each as short as the client may write it, and its addresses. */
function domainsOf(
  { hostname, addresses, isHeadless }: MeshService,
  aliases: readonly string[],
  client: string,
): string[] {
  const names = [hostname, ...aliases].flatMap((name) => writtenForms(name, client));
  // Each pod of a headless Service has a name below those of the Service.
  const ofPods = isHeadless === true ? names.map((name) => `*.${name}`) : [];
  return [...names, ...ofPods, ...addresses.map((one) => (one.includes(':') ? `[${one}]` : one))];
}

export function writtenForms(hostname: string, client: string): string[] {
  const full = [hostname, `${hostname}.`];
  if (!hostname.endsWith(serviceSuffix)) return full;
  const short = hostname.slice(0, -serviceSuffix.length);
  const [name = '', namespace, ...rest] = short.split('.');
  if (rest.length > 0) return full;
  return [...(namespace === client ? [name] : []), short, `${short}.svc`, ...full];
}
