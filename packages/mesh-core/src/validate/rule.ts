import type { Finding } from '@heddle/schema';
import type { Typed, World, WorldDocuments } from '../world/world.ts';

/** What a rule finds in one document; the runner adds the document and the line. */
export type RuleFinding = Pick<Finding, 'code' | 'severity' | 'path' | 'message'>;

/** One rule over the whole world: yields each finding with the document it belongs to. */
export type Rule = (
  world: World,
) => Iterable<readonly [document: Pick<Typed<unknown>, 'key'>, finding: RuleFinding]>;

/**
 * A rule that looks at the documents of one kind and at nothing beside each: it is asked once of a document, however many worlds hold
 * it. A write into a mesh of thousands of documents pays for those that it brings.
 */
export function documentRule<K extends keyof WorldDocuments>(
  list: K,
  findingsOf: (document: WorldDocuments[K][number]) => Iterable<RuleFinding>,
): Rule {
  const known = new WeakMap<object, readonly RuleFinding[]>();
  return ruleFor(list, (document) => {
    let findings = known.get(document);
    if (findings === undefined) known.set(document, (findings = [...findingsOf(document)]));
    return findings;
  });
}

/** A rule that looks at the documents of one kind, and at what stands around each. */
export function ruleFor<K extends keyof WorldDocuments>(
  list: K,
  findingsOf: (document: WorldDocuments[K][number], world: World) => Iterable<RuleFinding>,
): Rule {
  return function* (world) {
    for (const document of world.documents[list]) {
      for (const finding of findingsOf(document, world)) yield [document, finding];
    }
  };
}

/** What Istio and its CRDs refuse. */
export function schemaError(path: string, message: string): RuleFinding {
  return { code: 'IST0106', severity: 'error', path, message };
}

/** What Istio takes and warns of. */
export function schemaWarning(path: string, message: string): RuleFinding {
  return { code: 'IST0133', severity: 'warning', path, message };
}

/** An error where the text of a value is wrong. */
export function* errorIf(path: string, wrong: string | undefined): Iterable<RuleFinding> {
  if (wrong !== undefined) yield schemaError(path, wrong);
}

/** An error where more than one of the fields is given. */
export function* exclusive<T extends object>(
  path: string,
  value: T,
  fields: readonly (keyof T & string)[],
): Iterable<RuleFinding> {
  const given = fields.filter((field) => value[field] !== undefined);
  if (given.length > 1) {
    yield schemaError(`${path}.${given[1]}`, `${given.join(' and ')} exclude each other; keep one of them`);
  }
}
