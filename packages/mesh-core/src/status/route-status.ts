import type { ParentReference } from '@heddle/schema';
import { type BackendProblem, resolveBackend } from '../translate/gateway-api/backend.ts';
import { attachmentOf, backendMessage, type RouteDocument } from '../translate/gateway-api/parents.ts';
import type { World } from '../world/world.ts';
import { type Condition, conditionsOf, controllerName } from './condition.ts';

export interface RouteStatus {
  readonly parents: readonly {
    readonly parentRef: ParentReference;
    readonly controllerName: string;
    readonly conditions: readonly Condition[];
  }[];
}

/**
 * What has become of a route, for each of its parents: whether the parent takes it (Accepted), whether all that it names is there
 * (ResolvedRefs), and whether some of its rules were replaced by an answer of 500 (PartiallyInvalid).
 *
 * @see Gateway API RouteParentStatus
 */
export function routeStatus(route: RouteDocument, world: World): RouteStatus {
  return {
    parents: route.parentRefs.map((parentRef) => ({
      parentRef,
      controllerName,
      conditions: [
        accepted(route, parentRef, world),
        resolvedRefs(route, parentRef, world),
        ...partiallyInvalid(route),
      ],
    })),
  };
}

function accepted(route: RouteDocument, ref: ParentReference, world: World): Condition {
  const condition = conditionsOf(route.document.generation);
  const { refusal, message } = attachmentOf(route, ref, world);
  if (refusal !== undefined) return condition('Accepted', false, refusal, message);
  const [first] = route.unsupported;
  return first !== undefined && route.soundRules === 0
    ? condition('Accepted', false, 'UnsupportedValue', unsupported(first))
    : condition('Accepted', true, 'Accepted', message);
}

function partiallyInvalid({ document, unsupported: paths, soundRules }: RouteDocument): Condition[] {
  const [first] = paths;
  if (first === undefined || soundRules === 0) return [];
  const condition = conditionsOf(document.generation);
  return [condition('PartiallyInvalid', true, 'UnsupportedValue', unsupported(first))];
}

function unsupported(path: string): string {
  return `${path} cannot be applied: requests that match its rule are answered 500`;
}

const reasons: Readonly<Record<BackendProblem, string>> = {
  'invalid-kind': 'InvalidKind',
  'not-permitted': 'RefNotPermitted',
  'not-found': 'BackendNotFound',
  'unknown-port': 'BackendNotFound',
};

/** The first backend that leads nowhere tells for all. */
function resolvedRefs(route: RouteDocument, { kind = 'Gateway' }: ParentReference, world: World): Condition {
  const condition = conditionsOf(route.document.generation);
  for (const { ref, path } of route.backends) {
    const context = { world, route: route.document.key, needsGrant: kind === 'Gateway' };
    const { problem } = resolveBackend(ref, context);
    if (problem === undefined) continue;
    const message = `${path}: ${backendMessage(problem, ref, route)}`;
    return condition('ResolvedRefs', false, reasons[problem], message);
  }
  return condition('ResolvedRefs', true, 'ResolvedRefs', 'all references are there');
}
