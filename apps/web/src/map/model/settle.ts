/**
 * When a placement is worth keeping. It is made from the calls that are known; a console opened while a mesh starts
 * knows the services long before their calls, and a picture made then must not be kept for good.
 */
import type { LayoutEdge, LayoutNode, Placement } from './placement.ts';

/** Every service calls or is called by somebody. */
export function isComplete(nodes: readonly LayoutNode[], edges: readonly LayoutEdge[]): boolean {
  const heard = new Set(edges.flatMap((edge) => [edge.source, edge.target]));
  return nodes.every((node) => heard.has(node.id));
}

/** Most calls run against the direction of reading: it was made without knowing them. */
export function isOutgrown(placement: Placement, edges: readonly LayoutEdge[]): boolean {
  const placed = edges.flatMap(({ source, target }) => {
    const from = placement.cards.get(source);
    const to = placement.cards.get(target);
    return from === undefined || to === undefined || source === target ? [] : [to.x > from.x];
  });
  return placed.filter((forward) => !forward).length > placed.length / 2;
}
