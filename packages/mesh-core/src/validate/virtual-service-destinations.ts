import type { Destination } from '@heddle/schema';
import { allServices, resolveDestination } from '../translate/istio/destination.ts';
import type { MeshService, Typed, World, WorldDocuments } from '../world/world.ts';
import { knownPorts } from './known-hosts.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** Every destination leads somewhere: host, port and subset exist (KIA1101, KIA1107). */
export const virtualServiceDestinations: Rule = function* (world) {
  for (const document of world.documents.virtualServices) {
    for (const [path, destination] of destinationsOf(document)) {
      const finding = findingFor(world, document, path, destination);
      if (finding !== undefined) yield [document, finding];
    }
  }
};

function* destinationsOf({
  object: { spec },
}: WorldDocuments['virtualServices'][number]): Iterable<[string, Destination]> {
  for (const kind of ['tcp', 'tls'] as const) {
    for (const [i, { route = [] }] of (spec[kind] ?? []).entries()) {
      for (const [r, { destination }] of route.entries()) {
        yield [`spec.${kind}[${i}].route[${r}].destination`, destination];
      }
    }
  }
  for (const [i, rule] of (spec.http ?? []).entries()) {
    for (const [r, { destination }] of (rule.route ?? []).entries()) {
      yield [`spec.http[${i}].route[${r}].destination`, destination];
    }
    if (rule.mirror !== undefined) yield [`spec.http[${i}].mirror`, rule.mirror];
    for (const [m, { destination }] of (rule.mirrors ?? []).entries()) {
      yield [`spec.http[${i}].mirrors[${m}].destination`, destination];
    }
  }
}

function findingFor(
  world: World,
  document: Pick<Typed<unknown>, 'key'>,
  path: string,
  destination: Destination,
): RuleFinding | undefined {
  const { hostname, port, problem } = resolveDestination(
    allServices(world),
    document.key.namespace,
    destination,
    undefined,
  );
  const service = world.service(hostname);
  switch (problem) {
    case undefined:
      return destination.port === undefined && (service?.ports.length ?? 0) > 1
        ? {
            code: 'IST0112',
            severity: 'warning',
            path,
            message: `${hostname} has several ports (${ports(service)}), and this names none: the port that was called is used; add port.number`,
          }
        : undefined;
    case 'unknown-host':
      if (destination.subset !== undefined && isRuledOut(world, hostname, destination.subset)) {
        return unknownSubset(world, hostname, path, destination.subset);
      }
      return knownPorts(world, hostname) !== undefined
        ? undefined
        : {
            code: 'KIA1101',
            severity: 'warning',
            path: `${path}.host`,
            message: `no Service "${hostname}" is known: its share is answered 503 (NC) until there is one; check the name and the namespace`,
          };
    case 'unknown-port':
      return {
        code: 'IST0112',
        severity: 'error',
        path: `${path}.port.number`,
        message: `${hostname} has no port ${port}; it has ${ports(service)}`,
      };
    case 'unknown-subset':
      return unknownSubset(world, hostname, path, destination.subset ?? '');
  }
}

/** An error where the DestinationRule is there and lacks the subset; without any rule it may still come. */
function unknownSubset(world: World, hostname: string, path: string, subset: string): RuleFinding {
  const known = subsetsOf(world, hostname);
  const hasRule = known !== undefined;
  return {
    code: 'KIA1107',
    severity: hasRule ? 'error' : 'warning',
    path: `${path}.subset`,
    message: hasRule
      ? `subset "${subset}" of ${hostname} does not exist; its DestinationRule has ${known.join(', ') || 'no subsets'}`
      : `subset "${subset}" of ${hostname} is not defined by any DestinationRule: its share is answered 503 (NC) until there is one`,
  };
}

/** A rule that is there lacks the subset, whether or not the service is there too. */
function isRuledOut(world: World, hostname: string, subset: string): boolean {
  return subset !== '' && subsetsOf(world, hostname)?.includes(subset) === false;
}

/** Undefined without any rule. */
function subsetsOf(world: World, hostname: string): string[] | undefined {
  const rules = world.rulesCovering(hostname);
  if (rules.length === 0) return undefined;
  return [...new Set(rules.flatMap(({ object }) => (object.spec.subsets ?? []).map(({ name }) => name)))];
}

function ports(service: MeshService | undefined): string {
  return service?.ports.map(({ port }) => port).join(', ') || 'none';
}
