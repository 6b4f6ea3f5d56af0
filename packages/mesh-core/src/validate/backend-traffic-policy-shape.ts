import type { BackendTrafficPolicySpec } from '@heddle/schema';
import { compileIpBlock } from '@heddle/traffic';
import { durationMs } from '../world/duration.ts';
import { clusterSettingsFindings, fractionFindings, goesWith } from './envoy-cluster-settings.ts';
import { patternError } from './patterns.ts';
import { errorIf, type RuleFinding, documentRule, schemaError } from './rule.ts';

/** What the definition of BackendTrafficPolicy, and Envoy Gateway itself, ask beyond the fields' forms (IST0106). */
export const backendTrafficPolicyShape = documentRule(
  'envoyBackendPolicies',
  function* ({ object: { spec } }) {
    yield* clusterSettingsFindings(spec, 'spec');
    if (spec.compression !== undefined && spec.compressor !== undefined) {
      yield schemaError('spec.compression', 'compression and compressor exclude each other; keep compressor');
    }
    if (spec.requestBuffer !== undefined && (spec.httpUpgrade ?? []).length > 0) {
      yield schemaError(
        'spec.requestBuffer',
        'requests that upgrade are not buffered; keep requestBuffer or httpUpgrade',
      );
    }
    yield* admissionFindings(spec);
    const { bandwidthLimit } = spec;
    if (
      bandwidthLimit !== undefined &&
      bandwidthLimit.request === undefined &&
      bandwidthLimit.response === undefined
    ) {
      yield schemaError('spec.bandwidthLimit', 'limit request, response, or both');
    }
    yield* faultFindings(spec);
    yield* rateLimitFindings(spec);
    yield* responseFindings(spec);
    for (const [i, { type, connect }] of (spec.httpUpgrade ?? []).entries()) {
      if (connect !== undefined && type !== 'CONNECT') {
        yield schemaError(
          `spec.httpUpgrade[${i}].connect`,
          `connect goes with type CONNECT, which here is ${type}`,
        );
      }
    }
    const { tracing } = spec.telemetry ?? {};
    for (const field of ['clientSamplingFraction', 'overallSamplingFraction', 'samplingFraction'] as const) {
      const fraction = tracing?.[field];
      if (fraction !== undefined) yield* fractionFindings(fraction, `spec.telemetry.tracing.${field}`);
    }
  },
);

function* admissionFindings({ admissionControl }: BackendTrafficPolicySpec): Iterable<RuleFinding> {
  const window = admissionControl?.samplingWindow;
  if (window !== undefined && (durationMs(window) ?? 0) < 1000) {
    yield schemaError('spec.admissionControl.samplingWindow', `"${window}" has to be at least 1s`);
  }
}

function* faultFindings({ faultInjection }: BackendTrafficPolicySpec): Iterable<RuleFinding> {
  if (faultInjection === undefined) return;
  const { delay, abort } = faultInjection;
  if (delay === undefined && abort === undefined) {
    yield schemaError('spec.faultInjection', 'no fault is given; write delay, abort, or both');
  }
  if (abort === undefined) return;
  const given = [abort.httpStatus, abort.grpcStatus].filter((one) => one !== undefined).length;
  if (given !== 1) {
    yield schemaError('spec.faultInjection.abort', 'write one of httpStatus and grpcStatus');
  }
}

type RateLimit = NonNullable<BackendTrafficPolicySpec['rateLimit']>;
type Rule = NonNullable<NonNullable<RateLimit['local']>['rules']>[number];

const unitSeconds: Readonly<Record<Rule['limit']['unit'], number>> = {
  Second: 1,
  Minute: 60,
  Hour: 3600,
  Day: 86_400,
  Week: 604_800,
  Month: 2_592_000,
  Year: 31_536_000,
};

function* rateLimitFindings({ rateLimit }: BackendTrafficPolicySpec): Iterable<RuleFinding> {
  if (rateLimit === undefined) return;
  const { type, local, global } = rateLimit;
  const wanted = type === 'Local' ? 'local' : 'global';
  if (type !== undefined && rateLimit[wanted] === undefined) {
    yield schemaError('spec.rateLimit', `type ${type} needs ${wanted}`);
  }
  const rules = local?.rules ?? [];
  const defaults = rules.flatMap((one, i) => ((one.clientSelectors ?? []).length === 0 ? [i] : []));
  if (defaults.length > 1) {
    yield schemaError(
      `spec.rateLimit.local.rules[${defaults[1]}]`,
      `rule ${defaults[0]} has no clientSelectors either; give one of them some`,
    );
  }
  const base = unitSeconds[rules[defaults[0] ?? -1]?.limit.unit ?? 'Second'];
  for (const [i, rule] of rules.entries()) {
    const path = `spec.rateLimit.local.rules[${i}]`;
    yield* ruleFindings(rule, path);
    if (rule.cost?.response !== undefined) {
      yield schemaError(`${path}.cost.response`, 'what responses cost is counted by a global limit alone');
    }
    if (rule.limit.fromMetadata !== undefined) {
      yield schemaError(
        `${path}.limit.fromMetadata`,
        'a limit is read from metadata by a global limit alone',
      );
    }
    if (unitSeconds[rule.limit.unit] % base !== 0) {
      yield schemaError(
        `${path}.limit.unit`,
        'the unit has to be a multiple of the one of the rule without clientSelectors',
      );
    }
  }
  for (const [i, rule] of (global?.rules ?? []).entries()) {
    yield* ruleFindings(rule, `spec.rateLimit.global.rules[${i}]`);
  }
}

function* ruleFindings({ clientSelectors = [], cost }: Rule, path: string): Iterable<RuleFinding> {
  for (const side of ['request', 'response'] as const) {
    const one = cost?.[side];
    if (one?.number !== undefined && one.metadata !== undefined) {
      yield schemaError(`${path}.cost.${side}`, 'number and metadata exclude each other; keep one of them');
    }
  }
  for (const [i, selector] of clientSelectors.entries()) {
    const at = `${path}.clientSelectors[${i}]`;
    if (Object.values(selector).every((value) => value === undefined)) {
      yield schemaError(
        at,
        'the selector says nothing; write headers, methods, path, sourceCIDR or queryParams',
      );
    }
    for (const field of ['headers', 'queryParams'] as const) {
      for (const [m, match] of (selector[field] ?? []).entries()) {
        yield* namedMatchFindings(match, `${at}.${field}[${m}]`);
      }
    }
    const { path: pathMatch, sourceCIDR } = selector;
    if (pathMatch?.type === 'RegularExpression') {
      yield* errorIf(`${at}.path.value`, patternError(pathMatch.value ?? ''));
    }
    if (sourceCIDR !== undefined) yield* cidrFindings(sourceCIDR.value, `${at}.sourceCIDR.value`);
  }
}

type NamedMatch = NonNullable<NonNullable<Rule['clientSelectors']>[number]['headers']>[number];

function* namedMatchFindings(
  { type = 'Exact', value, invert = false }: NamedMatch,
  path: string,
): Iterable<RuleFinding> {
  if (type === 'Distinct') {
    if (value !== undefined)
      yield schemaError(`${path}.value`, 'type Distinct counts each value: write none');
    if (invert)
      yield schemaError(`${path}.invert`, 'type Distinct counts each value: there is nothing to invert');
    return;
  }
  if (value === undefined) yield schemaError(`${path}.value`, `type ${type} needs a value`);
  else if (type === 'RegularExpression') yield* errorIf(`${path}.value`, patternError(value));
}

export function* cidrFindings(block: string, path: string): Iterable<RuleFinding> {
  if (!block.includes('/') || compileIpBlock(block) === undefined) {
    yield schemaError(path, `"${block}" is no CIDR block; write one such as 10.0.0.0/8 or 2001:db8::/64`);
  }
}

type Override = NonNullable<BackendTrafficPolicySpec['responseOverride']>[number];

function* responseFindings({ responseOverride = [] }: BackendTrafficPolicySpec): Iterable<RuleFinding> {
  for (const [i, override] of responseOverride.entries()) {
    const path = `spec.responseOverride[${i}]`;
    const { response, redirect, match } = override;
    if ((response === undefined) === (redirect === undefined)) {
      yield schemaError(path, 'write one of response and redirect');
    }
    yield* matchFindings(match, `${path}.match`);
    if (response?.body !== undefined) {
      const { type = 'Inline', inline, valueRef } = response.body;
      if (type === 'Inline' ? inline === undefined : valueRef === undefined) {
        yield schemaError(
          `${path}.response.body`,
          `type ${type} needs ${type === 'Inline' ? 'inline' : 'valueRef'}`,
        );
      }
      if (valueRef !== undefined && valueRef.kind !== 'ConfigMap') {
        yield schemaError(
          `${path}.response.body.valueRef.kind`,
          `a body is in a ConfigMap, not in a ${valueRef.kind}`,
        );
      }
    }
    if ((response?.header?.remove ?? []).length > 0) {
      yield schemaError(
        `${path}.response.header.remove`,
        'headers of such a response are set and added, not removed',
      );
    }
    const target = redirect?.path;
    if (target !== undefined) {
      if (target.type !== 'ReplaceFullPath') {
        yield schemaError(`${path}.redirect.path.type`, 'only ReplaceFullPath is taken');
      } else {
        yield* goesWith(`${path}.redirect.path`, target, target.type, {
          ReplaceFullPath: 'replaceFullPath',
          ReplacePrefixMatch: 'replacePrefixMatch',
        });
      }
    }
  }
}

function* matchFindings(
  { statusCodes, responseHeaders }: Override['match'],
  path: string,
): Iterable<RuleFinding> {
  if (statusCodes === undefined && responseHeaders === undefined) {
    yield schemaError(path, 'nothing is matched; write statusCodes, responseHeaders, or both');
  }
  for (const [i, { type = 'Value', value, range }] of (statusCodes ?? []).entries()) {
    const at = `${path}.statusCodes[${i}]`;
    if (type === 'Value' && value === undefined) yield schemaError(at, 'type Value needs value');
    if (type === 'Range' && range === undefined) yield schemaError(at, 'type Range needs range');
    if (range !== undefined && range.end <= range.start) {
      yield schemaError(`${at}.range.end`, `${range.end} has to be more than the start ${range.start}`);
    }
  }
  for (const [i, { value }] of (responseHeaders ?? []).entries()) {
    if (value.type === 'RegularExpression') {
      yield* errorIf(`${path}.responseHeaders[${i}].value.value`, patternError(value.value));
    }
  }
}
