import { keyWords } from '../documents/key.ts';
import { isWildcard } from '../world/host-pattern.ts';
import type { WorldDocuments } from '../world/world.ts';
import type { Rule } from './rule.ts';

type DestinationRule = WorldDocuments['destinationRules'][number];

/** Of two rules the nearer one counts: it does not take over the mTLS of the wider one (KIA0204). */
export const destinationRuleWithoutTls: Rule = function* (world) {
  const wide = new Map<string, DestinationRule>();
  for (const rule of world.documents.destinationRules) {
    const { host, trafficPolicy } = rule.object.spec;
    if (isWildcard(host) && trafficPolicy?.tls?.mode === 'ISTIO_MUTUAL') wide.set(host, rule);
  }
  if (wide.size === 0) return;
  for (const document of world.documents.destinationRules) {
    const { host, trafficPolicy } = document.object.spec;
    if (trafficPolicy?.tls !== undefined) continue;
    if (trafficPolicy?.portLevelSettings?.some(({ tls }) => tls !== undefined) === true) continue;
    const wider = widerNames(world.resolve(host, document.key.namespace))
      .map((name) => wide.get(name))
      .find((one) => one !== undefined && one !== document);
    if (wider === undefined) continue;
    yield [
      document,
      {
        code: 'KIA0204',
        severity: 'warning',
        path: 'spec.trafficPolicy',
        message: `the mTLS of ${keyWords(wider.key)} does not hold for ${host}, because this rule is the nearer one; write the mode here too if it is meant`,
      },
    ];
  }
};

/** The wildcards that a name is within, the nearest first. */
function widerNames(host: string): string[] {
  const labels = host.split('.').slice(0, 64);
  return [...labels.slice(1).map((_, i) => `*.${labels.slice(i + 1).join('.')}`), '*'];
}
