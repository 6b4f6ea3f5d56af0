import type { Rule, RuleFinding } from './rule.ts';

/** Fields that have a successor, or are not heard (IST0002). */
export const deprecatedFields: Rule = function* ({ documents }) {
  for (const document of documents.virtualServices) {
    for (const [i, { fault }] of (document.object.spec.http ?? []).entries()) {
      if ((fault?.delay?.percent ?? 0) <= 0) continue;
      yield [
        document,
        deprecated(`spec.http[${i}].fault.delay.percent`, 'percent is deprecated; write percentage.value'),
      ];
    }
  }
  for (const document of documents.sidecars) {
    if (document.object.spec?.outboundTrafficPolicy?.egressProxy === undefined) continue;
    yield [
      document,
      deprecated(
        'spec.outboundTrafficPolicy.egressProxy',
        'egressProxy is not heard by Istio; route by a VirtualService',
      ),
    ];
  }
};

function deprecated(path: string, message: string): RuleFinding {
  return { code: 'IST0002', severity: 'warning', path, message };
}
