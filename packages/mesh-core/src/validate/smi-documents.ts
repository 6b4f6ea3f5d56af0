import type { HttpRouteGroupMatch } from '@heddle/schema';
import { splitHost } from '../translate/smi/traffic-split.ts';
import type { Typed, World } from '../world/world.ts';
import { knownPorts } from './known-hosts.ts';
import { patternError } from './patterns.ts';
import { errorIf, type Rule, type RuleFinding, schemaError, schemaWarning } from './rule.ts';

const methods: ReadonlySet<string> = new Set([
  '*',
  'GET',
  'HEAD',
  'PUT',
  'POST',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
]);

/** Splits, route groups and targets of SMI: fields of their version, patterns that compile, references that are there. */
export const smiDocuments: Rule = function* (world) {
  const { trafficSplits, httpRouteGroups, smiTcpRoutes, trafficTargets } = world.documents;
  const references = referencesIn(world);
  for (const document of trafficSplits) {
    for (const finding of splitFindings(document, world, references)) yield [document, finding];
  }
  for (const document of httpRouteGroups) {
    for (const finding of groupFindings(document)) yield [document, finding];
  }
  for (const document of smiTcpRoutes) {
    const { matches } = document.object.spec ?? {};
    if (isVersion(document, 'v1alpha4')) {
      if (matches?.ports !== undefined) continue;
      yield [document, schemaError('spec.matches.ports', 'ports are missing: v1alpha4 says which; add them')];
    } else if (matches !== undefined) yield [document, otherVersion('spec.matches', 'v1alpha4')];
  }
  for (const document of trafficTargets) {
    for (const finding of targetFindings(document, references)) yield [document, finding];
  }
};

function isVersion(
  { object }: { readonly object: { readonly apiVersion: string } },
  ...versions: string[]
): boolean {
  return versions.some((version) => object.apiVersion.endsWith(`/${version}`));
}

function otherVersion(path: string, version: string): RuleFinding {
  return schemaError(path, `this field is of ${version}; write apiVersion so, or remove it`);
}

interface References {
  /** Names of the matches of a group, by `namespace/name`. */
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>;
  readonly tcpRoutes: ReadonlySet<string>;
}

function referencesIn({ documents }: World): References {
  const nameOf = ({ key }: Pick<Typed<unknown>, 'key'>) => `${key.namespace}/${key.name}`;
  return {
    groups: new Map(
      documents.httpRouteGroups.map((one) => [nameOf(one), new Set(matchesOf(one).map(({ name }) => name))]),
    ),
    tcpRoutes: new Set(documents.smiTcpRoutes.map(nameOf)),
  };
}

function matchesOf({
  object,
}: World['documents']['httpRouteGroups'][number]): readonly HttpRouteGroupMatch[] {
  return object.spec?.matches ?? object.matches ?? [];
}

function* splitFindings(
  document: World['documents']['trafficSplits'][number],
  world: World,
  references: References,
): Iterable<RuleFinding> {
  const { service, backends, matches = [] } = document.object.spec;
  const { namespace } = document.key;
  for (const [path, host] of [
    ['spec.service', service],
    ...backends.map((backend, i) => [`spec.backends[${i}].service`, backend.service] as const),
  ] as const) {
    if (knownPorts(world, splitHost(host, namespace, world)) !== undefined) continue;
    yield reference(path, `no Service "${host}" is known; check the name and the namespace`);
  }
  for (const [i, { weight }] of backends.entries()) {
    if (weight === undefined) {
      yield schemaError(`spec.backends[${i}].weight`, 'weight is missing; say the share, 0 for none');
    }
    if (typeof weight !== 'string' || isVersion(document, 'v1alpha1')) continue;
    yield schemaError(`spec.backends[${i}].weight`, `"${weight}" is a quantity of v1alpha1; write a number`);
  }
  if (backends.every(({ weight }) => weight !== undefined && /^0(?:\.0*)?m?$/.test(String(weight)))) {
    yield schemaWarning(
      'spec.backends',
      'every weight is 0: nobody serves the requests; give one a weight above 0',
    );
  }
  if (matches.length > 0 && !isVersion(document, 'v1alpha3', 'v1alpha4'))
    yield otherVersion('spec.matches', 'v1alpha3');
  for (const [i, { kind, name }] of matches.entries()) {
    yield* ruleReference(`spec.matches[${i}]`, kind, `${namespace}/${name}`, [], references);
  }
}

function* groupFindings(document: World['documents']['httpRouteGroups'][number]): Iterable<RuleFinding> {
  const { object } = document;
  const isOld = isVersion(document, 'v1alpha1', 'v1alpha2');
  if (object.matches !== undefined && !isOld)
    yield otherVersion('matches', 'v1alpha1 and v1alpha2 (later in spec)');
  if (object.spec !== undefined && isOld)
    yield otherVersion('spec', 'v1alpha3 and v1alpha4 (earlier beside metadata)');
  const at = object.spec === undefined ? 'matches' : 'spec.matches';
  if (matchesOf(document).length === 0) yield schemaError(at, 'there is no match; add one with a name');
  const names = new Set<string>();
  for (const [i, { name, pathRegex, headers = {}, methods: written = [] }] of matchesOf(document).entries()) {
    const path = `${at}[${i}]`;
    if (names.has(name))
      yield schemaError(`${path}.name`, `there is a match "${name}" already; rename one of them`);
    names.add(name);
    if (pathRegex !== undefined) yield* errorIf(`${path}.pathRegex`, patternError(pathRegex));
    for (const [m, method] of written.entries()) {
      if (!methods.has(method))
        yield schemaError(`${path}.methods[${m}]`, `"${method}" is not a method; write GET, or *`);
    }
    const listed = Array.isArray(headers) ? headers : [headers];
    for (const [header, pattern] of listed.flatMap((one) => Object.entries(one))) {
      yield* errorIf(`${path}.headers`, patternError(pattern)?.concat(` (header ${header})`));
    }
  }
}

function* targetFindings(
  document: World['documents']['trafficTargets'][number],
  references: References,
): Iterable<RuleFinding> {
  const { object, key } = document;
  const isOld = isVersion(document, 'v1alpha1');
  for (const field of ['destination', 'sources', 'specs'] as const) {
    if (object[field] !== undefined && !isOld) yield otherVersion(field, 'v1alpha1 (later in spec)');
  }
  if (object.spec !== undefined && isOld) yield otherVersion('spec', 'v1alpha2 and later');
  const { destination, sources = [], rules = [] } = object.spec ?? { ...object, rules: object.specs ?? [] };
  const at = object.spec === undefined ? '' : 'spec.';
  if (destination === undefined)
    yield schemaError(`${at}destination`, 'destination is missing; name a ServiceAccount');
  if (sources.length === 0)
    yield schemaError(`${at}sources`, 'there is no source, so nobody is let in; name a ServiceAccount');
  for (const [path, identity] of [
    ...(destination === undefined ? [] : [[`${at}destination`, destination] as const]),
    ...sources.map((source, i) => [`${at}sources[${i}]`, source] as const),
  ]) {
    if (identity.kind === 'ServiceAccount') continue;
    yield schemaError(`${path}.kind`, `"${identity.kind}" has no identity in the mesh; write ServiceAccount`);
  }
  const field = object.spec === undefined ? 'specs' : 'spec.rules';
  for (const [i, { kind, name, matches = [] }] of rules.entries()) {
    yield* ruleReference(`${field}[${i}]`, kind, `${key.namespace}/${name}`, matches, references);
  }
}

/** A route group or TCPRoute that is there, with the matches that are named. */
function* ruleReference(
  path: string,
  kind: string,
  name: string,
  matches: readonly string[],
  { groups, tcpRoutes }: References,
): Iterable<RuleFinding> {
  if (kind !== 'HTTPRouteGroup' && kind !== 'TCPRoute') {
    yield schemaError(`${path}.kind`, `"${kind}" describes no traffic; write HTTPRouteGroup or TCPRoute`);
    return;
  }
  const group = groups.get(name);
  if (kind === 'TCPRoute' ? !tcpRoutes.has(name) : group === undefined) {
    yield reference(
      `${path}.name`,
      `no ${kind} ${name} is known, and this lets nothing in until there is one`,
    );
  }
  for (const [m, match] of matches.entries()) {
    if (group === undefined || group.has(match)) continue;
    yield {
      code: 'IST0101',
      severity: 'error',
      path: `${path}.matches[${m}]`,
      message: `${kind} ${name} has no match "${match}"; it has ${[...group].join(', ') || 'none'}`,
    };
  }
}

function reference(path: string, message: string): RuleFinding {
  return { code: 'IST0101', severity: 'warning', path, message };
}
