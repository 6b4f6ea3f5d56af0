import type { WorldDocuments } from '../world/world.ts';
import { isDnsLabel } from './host-names.ts';
import { type Rule, type RuleFinding, schemaError } from './rule.ts';

type Exported = Pick<WorldDocuments['virtualServices'][number], 'key'> & {
  readonly object: { readonly spec: { readonly exportTo?: readonly string[] } };
};

/** To whom a document is exported: namespaces, `.` or `*`; `~`, nobody, is for ServiceEntries (IST0106). */
export const exportTo: Rule = function* ({ documents }) {
  for (const document of [...documents.virtualServices, ...documents.serviceEntries]) {
    const mayBeNobody = document.key.kind === 'ServiceEntry';
    for (const finding of findingsOf(document, mayBeNobody)) yield [document, finding];
  }
  for (const document of documents.destinationRules) {
    for (const finding of findingsOf(document, false)) yield [document, finding];
    const { spec } = document.object;
    const namespaces = namespacesOf(document);
    if (spec.workloadSelector === undefined || namespaces.size === 0) continue;
    if (namespaces.size > 1 || !namespaces.has(document.key.namespace)) {
      const message =
        'a rule with a workloadSelector is for its own namespace alone; write ["."], or remove exportTo';
      yield [document, schemaError('spec.exportTo', message)];
    }
  }
};

function namespacesOf({ key, object }: Exported): ReadonlySet<string> {
  return new Set((object.spec.exportTo ?? []).map((one) => (one === '.' ? key.namespace : one)));
}

function* findingsOf(document: Exported, mayBeNobody: boolean): Iterable<RuleFinding> {
  const given = document.object.spec.exportTo ?? [];
  const seen = new Set<string>();
  for (const [i, written] of given.entries()) {
    const path = `spec.exportTo[${i}]`;
    const namespace = written === '.' ? document.key.namespace : written;
    if (seen.has(namespace)) yield schemaError(path, `"${written}" is there twice; remove one`);
    seen.add(namespace);
    if (written === '~' && !mayBeNobody) {
      yield schemaError(path, '"~" (nobody) is for a ServiceEntry alone; write "." for the own namespace');
    } else if (!['*', '.', '~'].includes(written) && !isDnsLabel(written)) {
      yield schemaError(path, `"${written}" is not a namespace; write a name, "." or "*"`);
    }
  }
  for (const all of ['*', '~']) {
    if (seen.has(all) && given.length > 1) {
      yield schemaError('spec.exportTo', `"${all}" and namespaces exclude each other; keep one of them`);
    }
  }
}
