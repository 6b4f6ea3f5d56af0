import { routingOwner } from '../compile/outbound.ts';
import { keyWords } from '../documents/key.ts';
import {
  type Attachment,
  attachmentsOf,
  inOrderOfPrecedence,
} from '../translate/gateway-api/mesh-attachment.ts';
import { splitOf } from '../translate/smi/traffic-split.ts';
import type { MeshService, Typed, World } from '../world/world.ts';
import type { Rule, RuleFinding } from './rule.ts';

type Document = Pick<Typed<unknown>, 'key'>;

/**
 * One API owns a host and port: HTTPRoute or GRPCRoute attached to the Service, else VirtualService, else TrafficSplit. What the
 * others say is ignored there, and told (HDL0001, "Shadowed").
 */
export const shadowedRoutes: Rule = function* (world) {
  const told = new Set<string>();
  for (const service of world.services) {
    for (const [loser, path, winner, scope] of conflictsOf(service, world)) {
      const finding = shadowed(path, winner, `${service.hostname}${scope}`);
      const id = `${keyWords(loser.key)} ${finding.message}`;
      if (!told.has(id)) yield [loser, finding];
      told.add(id);
    }
  }
};

type Conflict = readonly [loser: Document, path: string, winner: Document, scope: string];

function* conflictsOf(service: MeshService, world: World): Iterable<Conflict> {
  const split = splitOf(service, world);
  const attachments = attachmentsOf(service, world);
  if (split === undefined && attachments.length === 0) return;
  const owner = routingOwner(service, world)?.document;
  for (const attachment of attachments) {
    const winner = attachment.members[0]?.document;
    if (winner === undefined) continue;
    const scope = scopeOf(attachment, service);
    if (owner !== undefined) yield [owner, 'spec.hosts', winner, scope];
    if (split !== undefined) yield [split, 'spec.service', winner, scope];
  }
  if (owner !== undefined && split !== undefined) yield [split, 'spec.service', owner, ''];
  yield* betweenAttachments(service, world);
}

/** Routes of one namespace that are attached in different ways are not joined: the older attachment owns the port. */
function* betweenAttachments(service: MeshService, world: World): Iterable<Conflict> {
  const byNamespace = Map.groupBy(attachmentsOf(service, world), ({ namespace }) => namespace);
  for (const [namespace, attachments] of byNamespace) {
    for (const { port } of service.ports) {
      const [first, ...others] = inOrderOfPrecedence(attachments, port, namespace);
      const winner = first?.members[0]?.document;
      if (winner === undefined) continue;
      for (const { document } of others.flatMap(({ members }) => members)) {
        yield [document, 'spec.parentRefs', winner, `:${port}`];
      }
    }
  }
}

function scopeOf({ namespace, port }: Attachment, service: MeshService): string {
  const onPort = port === undefined ? '' : `:${port}`;
  return namespace === service.namespace ? onPort : `${onPort} for callers in namespace ${namespace}`;
}

function shadowed(path: string, winner: Document, where: string): RuleFinding {
  return {
    code: 'HDL0001',
    severity: 'warning',
    path,
    message: `Shadowed: ${keyWords(winner.key)} routes ${where}, and what this document says of it is ignored; keep one of the two`,
  };
}
