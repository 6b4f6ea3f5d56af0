import type { ParentReference } from '@heddle/schema';
import type { Rule, RuleFinding } from './rule.ts';

/** Parents of one route are told apart: two references to one parent name different sections or ports (IST0106). */
export const routeParents: Rule = function* (world) {
  const { httpRoutes, grpcRoutes, tcpRoutes, tlsRoutes, udpRoutes } = world.documents;
  for (const document of [...httpRoutes, ...grpcRoutes, ...tcpRoutes, ...tlsRoutes, ...udpRoutes]) {
    const refs = document.object.spec.parentRefs ?? [];
    for (const [i, ref] of refs.entries()) {
      const earlier = refs
        .slice(0, i)
        .filter((one) => parentOf(one, document.key.namespace) === parentOf(ref, document.key.namespace));
      if (earlier.length === 0) continue;
      const at = `spec.parentRefs[${i}]`;
      const differs = earlier.some(
        (one) =>
          (one.sectionName === undefined) !== (ref.sectionName === undefined) ||
          (one.port === undefined) !== (ref.port === undefined),
      );
      const repeats = earlier.some((one) => one.sectionName === ref.sectionName && one.port === ref.port);
      if (differs) {
        yield [
          document,
          error(at, `${ref.name} is named twice: give each reference a sectionName, or each a port`),
        ];
      } else if (repeats) {
        yield [
          document,
          error(at, `${ref.name} is named twice in the same way; remove one of the references`),
        ];
      }
    }
  }
};

function parentOf({ group, kind, namespace, name }: ParentReference, own: string): string {
  return [group ?? 'gateway.networking.k8s.io', kind ?? 'Gateway', namespace ?? own, name].join('/');
}

function error(path: string, message: string): RuleFinding {
  return { code: 'IST0106', severity: 'error', path, message };
}
