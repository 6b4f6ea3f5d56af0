import { keyWords } from '../documents/key.ts';
import type { World, WorldDocuments } from '../world/world.ts';
import type { Rule, RuleFinding } from './rule.ts';

type DestinationRule = WorldDocuments['destinationRules'][number];

/** Rules for one host that both say what only the oldest is heard on (KIA0201), and subsets that are everybody (KIA0209). */
export const destinationRuleOverlaps: Rule = function* (world) {
  const { destinationRules } = world.documents;
  const byHost = Map.groupBy(destinationRules, ({ key, object }) =>
    world.resolve(object.spec.host, key.namespace),
  );
  for (const rules of byHost.values()) {
    if (rules.length > 1) yield* overlaps(rules, world);
  }
  for (const document of destinationRules) {
    for (const [i, { name, labels = {} }] of (document.object.spec.subsets ?? []).entries()) {
      if (Object.keys(labels).length > 0) continue;
      const message = `subset "${name}" has no labels, so it is every workload of the host; add labels that tell it apart`;
      yield [document, { code: 'KIA0209', severity: 'warning', path: `spec.subsets[${i}]`, message }];
    }
  }
};

/** Rules of several namespaces, or for chosen clients, are for different views of the host. */
function* overlaps(rules: readonly DestinationRule[], world: World): ReturnType<Rule> {
  const { rootNamespace } = world.settings;
  const views = Map.groupBy(rules, ({ key, object }) =>
    JSON.stringify([
      key.namespace === rootNamespace,
      key.namespace,
      object.spec.workloadSelector?.matchLabels ?? {},
    ]),
  );
  for (const same of views.values()) {
    const policy = same.find(({ object }) => object.spec.trafficPolicy !== undefined);
    const subsets = new Map<string, DestinationRule>();
    for (const document of same) {
      const { trafficPolicy, subsets: own = [] } = document.object.spec;
      if (trafficPolicy !== undefined && policy !== undefined && policy !== document) {
        yield [document, overlap('spec.trafficPolicy', 'a trafficPolicy', policy)];
      }
      for (const [i, { name }] of own.entries()) {
        const first = subsets.get(name);
        if (first === undefined) subsets.set(name, document);
        else if (first !== document)
          yield [document, overlap(`spec.subsets[${i}]`, `subset "${name}"`, first)];
      }
    }
  }
}

function overlap(path: string, what: string, first: DestinationRule): RuleFinding {
  return {
    code: 'KIA0201',
    severity: 'warning',
    path,
    message: `${keyWords(first.key)} has ${what} for the same host and is older: this one is not heard; keep one of them`,
  };
}
