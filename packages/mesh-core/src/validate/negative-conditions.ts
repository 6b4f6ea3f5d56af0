import type { Typed } from '../world/world.ts';
import type { Rule } from './rule.ts';

const waypoint = ['istio.io/WaypointBound'];
const gatewayApi = ['Accepted', 'Programmed', 'ResolvedRefs'];

/** A status that somebody wrote says that the document is not in effect (IST0171). */
export const negativeConditions: Rule = function* ({ documents }) {
  yield* negative(
    [...documents.services, ...documents.serviceEntries, ...documents.workloadEntries],
    waypoint,
  );
  yield* negative(documents.authorizationPolicies, ['ZtunnelAccepted', 'WaypointAccepted']);
  yield* negative(
    [...documents.kubernetesGateways, ...documents.httpRoutes, ...documents.grpcRoutes],
    gatewayApi,
  );
};

function* negative(documents: readonly Typed<object>[], types: readonly string[]): ReturnType<Rule> {
  for (const document of documents) {
    const status = memberOf(document.object, 'status');
    const parents = memberOf(status, 'parents');
    const holders = Array.isArray(parents) ? parents : [status];
    for (const holder of holders) {
      const conditions = memberOf(holder, 'conditions');
      for (const condition of Array.isArray(conditions) ? conditions : []) {
        const type = memberOf(condition, 'type');
        const [reason, text] = [memberOf(condition, 'reason'), memberOf(condition, 'message')];
        // A waypoint takes a policy whose other targets are not there, and says so in the reason alone.
        const isPartial = type === 'WaypointAccepted' && reason === 'PartiallyInvalid';
        if (memberOf(condition, 'status') !== 'False' && !isPartial) continue;
        if (typeof type !== 'string' || !types.includes(type)) continue;
        const why = [reason, text].filter((one) => typeof one === 'string' && one !== '').join(': ');
        yield [
          document,
          {
            code: 'IST0171',
            severity: 'warning',
            path: 'status',
            message: `it is not ${isPartial ? 'wholly ' : ''}${type}: ${why || 'no reason is given'}`,
          },
        ];
      }
    }
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
