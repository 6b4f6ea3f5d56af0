import { resolveBackend } from '../translate/gateway-api/backend.ts';
import {
  attachmentOf,
  backendMessage,
  type RouteDocument,
  routeDocuments,
} from '../translate/gateway-api/parents.ts';
import type { World } from '../world/world.ts';
import type { Rule, RuleFinding } from './rule.ts';

/** A route is attached to parents that are there and take it (KIA1401), and sends to backends that are there (KIA1402). */
export const routeReferences: Rule = function* (world) {
  for (const route of routeDocuments(world)) {
    for (const finding of parentFindings(route, world)) yield [route.document, finding];
    for (const finding of backendFindings(route, world)) yield [route.document, finding];
  }
};

function* parentFindings(route: RouteDocument, world: World): Iterable<RuleFinding> {
  for (const [i, ref] of route.parentRefs.entries()) {
    const { refusal, message } = attachmentOf(route, ref, world);
    if (refusal === undefined) continue;
    yield {
      code: 'KIA1401',
      severity: 'warning',
      path: `spec.parentRefs[${i}]`,
      message: `${message}: the rules do not apply there (${refusal})`,
    };
  }
}

function* backendFindings(route: RouteDocument, world: World): Iterable<RuleFinding> {
  const needsGrant = route.parentRefs.some(({ kind = 'Gateway' }) => kind === 'Gateway');
  for (const { ref, path, isMirror } of route.backends) {
    const { problem } = resolveBackend(ref, { world, route: route.document.key, needsGrant });
    if (problem === undefined) continue;
    yield {
      code: 'KIA1402',
      severity: 'warning',
      path,
      message: `${backendMessage(problem, ref, route)}: ${isMirror ? 'nothing is mirrored' : 'its share of the requests fails'}`,
    };
  }
}
