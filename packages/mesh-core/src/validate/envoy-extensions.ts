import type { EnvoyFilterDocument, WasmModule, WasmPluginDocument } from '@heddle/schema';
import { selectorFindings } from './label-values.ts';
import { patternError } from './patterns.ts';
import { distinct } from './route-rules.ts';
import { elsewhere } from './policy-attachment.ts';
import { errorIf, exclusive, type Rule, type RuleFinding, schemaError, schemaWarning } from './rule.ts';

type Patch = NonNullable<NonNullable<EnvoyFilterDocument['spec']>['configPatches']>[number];

const listenerObjects: ReadonlySet<string> = new Set([
  'LISTENER',
  'FILTER_CHAIN',
  'NETWORK_FILTER',
  'HTTP_FILTER',
]);
const routeObjects: ReadonlySet<string> = new Set(['ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE']);
const relative: ReadonlySet<string> = new Set(['REMOVE', 'REPLACE', 'INSERT_BEFORE', 'INSERT_AFTER']);
const connectionManager: ReadonlySet<string> = new Set([
  'envoy.filters.network.http_connection_manager',
  'envoy.http_connection_manager',
]);

/** EnvoyFilters in outline (IST0106, IST0151 to IST0155), whom ProxyConfigs are for, and modules of WebAssembly. What a patch holds is Envoy's to judge. */
export const envoyExtensions: Rule = function* ({ documents }) {
  for (const document of documents.proxyConfigs) {
    const { selector } = document.object.spec ?? {};
    if (selector === undefined) continue;
    for (const finding of selectorFindings('spec.selector', 'matchLabels', selector.matchLabels)) {
      yield [document, finding];
    }
  }
  for (const document of documents.wasmPlugins) {
    for (const finding of moduleFindings(document.object.spec, 'spec')) yield [document, finding];
    for (const finding of portFindings(document.object.spec)) yield [document, finding];
  }
  for (const document of documents.trafficExtensions) {
    const { spec } = document.object;
    if ((spec.wasm === undefined) === (spec.lua === undefined)) {
      yield [document, schemaError('spec', 'an extension is one of wasm and lua; give one of the two')];
    }
    if (spec.wasm !== undefined) {
      for (const finding of moduleFindings(spec.wasm, 'spec.wasm')) yield [document, finding];
    }
    for (const finding of portFindings(spec)) yield [document, finding];
  }
  const versioned = new Set<string>();
  for (const document of documents.envoyFilters) {
    for (const finding of filterFindings(document.object.spec ?? {}, versioned)) yield [document, finding];
  }
};

function* moduleFindings({ url, vmConfig }: WasmModule, path: string): Iterable<RuleFinding> {
  if (!isUrl(url))
    yield schemaError(`${path}.url`, `"${url}" is no URL; write it as oci://registry.example/name:tag`);
  const names = new Set<string>();
  for (const [i, { name, valueFrom, value }] of (vmConfig?.env ?? []).entries()) {
    const at = `${path}.vmConfig.env[${i}]`;
    if (names.has(name)) yield schemaError(`${at}.name`, `"${name}" is there twice; keep one of them`);
    names.add(name);
    if (valueFrom === 'HOST' && value !== undefined) {
      yield schemaError(`${at}.value`, 'the value comes from the host; remove it, or use valueFrom: INLINE');
    }
  }
}

/** As Go reads it: without a scheme it begins with the host. */
function isUrl(text: string): boolean {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return false;
  if (text.startsWith('/')) return true;
  const [host = ''] = text.replace(/^[a-z]+:\/\//, '').split(/[/?#]/, 1);
  return /^(?:\[[0-9a-fA-F:.]+\]|[^:[\]{}<>"^`|\\]*)(?::\d*)?$/.test(host);
}

function* portFindings({ match }: Pick<WasmPluginDocument['spec'], 'match'>): Iterable<RuleFinding> {
  for (const [i, { ports }] of (match ?? []).entries()) {
    const numbers = ports?.map(({ number }) => number);
    yield* distinct(numbers, `spec.match[${i}].ports`);
  }
}

/** @param versioned names of the filters that patches so far are about for one version of proxies; grows */
function* filterFindings(
  spec: NonNullable<EnvoyFilterDocument['spec']>,
  versioned: Set<string>,
): Iterable<RuleFinding> {
  yield* exclusive('spec', spec, ['workloadSelector', 'targetRefs']);
  if (spec.workloadSelector !== undefined) {
    yield* selectorFindings('spec.workloadSelector', 'labels', spec.workloadSelector.labels);
  }
  for (const [i, { namespace = '' }] of (spec.targetRefs ?? []).entries()) {
    if (namespace !== '') yield schemaError(`spec.targetRefs[${i}].namespace`, elsewhere(namespace));
  }
  yield schemaWarning(
    'spec',
    'an EnvoyFilter rests on how Envoy is configured inside, which changes with versions; see whether another kind does it',
  );
  for (const [i, patch] of (spec.configPatches ?? []).entries()) {
    const path = `spec.configPatches[${i}]`;
    const { match } = patch;
    if (match !== undefined) {
      yield* exclusive(`${path}.match`, match, ['listener', 'routeConfiguration', 'cluster', 'waypoint']);
      if ((match.context === 'WAYPOINT') !== (match.waypoint !== undefined)) {
        yield schemaError(
          `${path}.match`,
          'a match of waypoints goes with context WAYPOINT, and only with it',
        );
      }
      if (match.context === 'WAYPOINT') continue;
    }
    const wrong = missingPart(patch, path);
    if (wrong !== undefined) yield wrong;
    else {
      const name = filterName(patch);
      yield* matchFindings(patch, path, { priority: spec.priority ?? 0, isVersioned: versioned.has(name) });
      if ((match?.proxy?.proxyVersion ?? '') !== '') versioned.add(name);
    }
  }
}

/** The filter that a patch adds or is about. */
function filterName({ match, patch }: Patch): string {
  const { value } = patch ?? {};
  const given = typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;
  return typeof given === 'string' ? given : (match?.listener?.filterChain?.filter?.name ?? '');
}

interface PatchOrder {
  readonly priority: number;
  /** Whether an earlier patch is about the same filter for one version of proxies. */
  readonly isVersioned: boolean;
}

function missingPart({ applyTo = 'INVALID', patch }: Patch, path: string): RuleFinding | undefined {
  if (applyTo === 'INVALID') return schemaError(`${path}.applyTo`, 'applyTo is missing; say what is patched');
  if (patch === undefined) return schemaError(`${path}.patch`, 'patch is missing; say how it is patched');
  const { operation = 'INVALID', value } = patch;
  if (operation === 'INVALID')
    return schemaError(`${path}.patch.operation`, 'operation is missing; such as MERGE');
  return operation !== 'REMOVE' && value === undefined
    ? schemaError(`${path}.patch.value`, `value is missing: ${operation} needs one`)
    : undefined;
}

function* matchFindings(
  { applyTo = 'INVALID', match = {}, patch }: Patch,
  path: string,
  order: PatchOrder,
): Iterable<RuleFinding> {
  const { proxyVersion = '' } = match.proxy ?? {};
  if (proxyVersion !== '' && proxyVersion.length <= 1024) {
    yield* errorIf(`${path}.match.proxy.proxyVersion`, patternError(proxyVersion));
  }
  const object = (['listener', 'routeConfiguration', 'cluster', 'waypoint'] as const).find(
    (field) => match[field] !== undefined,
  );
  const asked = listenerObjects.has(applyTo)
    ? 'listener'
    : routeObjects.has(applyTo)
      ? 'routeConfiguration'
      : applyTo === 'CLUSTER'
        ? 'cluster'
        : undefined;
  if (object !== undefined && asked !== undefined && object !== asked) {
    yield schemaError(`${path}.match.${object}`, `${applyTo} is matched by ${asked}, not by ${object}`);
  }
  if (object === 'listener' && asked === 'listener')
    yield* chainFindings(applyTo, match, `${path}.match.listener.filterChain.filter`);
  yield* operationFindings(applyTo, patch?.operation ?? '', path, order);
}

function* chainFindings(
  applyTo: string,
  match: NonNullable<Patch['match']>,
  path: string,
): Iterable<RuleFinding> {
  const filter = match.listener?.filterChain?.filter;
  if (filter === undefined) return;
  const { name = '', subFilter } = filter;
  if (applyTo === 'LISTENER' || applyTo === 'FILTER_CHAIN') {
    yield schemaWarning(path, `a match of filters has no effect with ${applyTo}; remove it`);
  }
  if (name === '') yield schemaError(`${path}.name`, 'the filter has no name; name it');
  else if (subFilter !== undefined) {
    if (applyTo !== 'HTTP_FILTER')
      yield schemaError(`${path}.subFilter`, 'subFilter goes with applyTo HTTP_FILTER alone');
    else if (!connectionManager.has(name)) {
      yield schemaError(
        `${path}.name`,
        `a subFilter is of envoy.filters.network.http_connection_manager, not of "${name}"`,
      );
    } else if ((subFilter.name ?? '') === '')
      yield schemaError(`${path}.subFilter.name`, 'the filter has no name; name it');
  }
}

/** Operations that are ignored, or that depend on what other EnvoyFilters did before. */
function* operationFindings(
  applyTo: string,
  operation: string,
  path: string,
  order: PatchOrder,
): Iterable<RuleFinding> {
  const at = `${path}.patch.operation`;
  const isRoutes = applyTo === 'ROUTE_CONFIGURATION' || applyTo === 'HTTP_ROUTE';
  if (isRoutes && (operation === 'ADD' || operation === 'REMOVE')) {
    yield {
      code: operation === 'ADD' ? 'IST0153' : 'IST0154',
      severity: 'error',
      path: at,
      message: `${operation} is ignored for ${applyTo}; use another operation`,
    };
  } else if (
    operation === 'REPLACE' &&
    !['NETWORK_FILTER', 'HTTP_FILTER', 'VIRTUAL_HOST'].includes(applyTo)
  ) {
    yield {
      code: 'IST0152',
      severity: 'error',
      path: at,
      message: `REPLACE is not for ${applyTo}; use MERGE`,
    };
  } else if (relative.has(operation) && order.priority === 0) {
    yield {
      code: order.isVersioned ? 'IST0155' : 'IST0151',
      severity: 'warning',
      path: at,
      message: `${operation} depends on what is there already${order.isVersioned ? ', and so does another patch of this filter for one proxyVersion: an upgrade may lose it' : ''}; set priority, or use INSERT_FIRST or ADD`,
    };
  }
}
