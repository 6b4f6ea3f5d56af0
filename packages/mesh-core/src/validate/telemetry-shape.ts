import type { TelemetrySpec } from '@heddle/schema';
import { celError } from './cel-syntax.ts';
import { durationFindings } from './durations.ts';
import { errorIf, exclusive, type RuleFinding, documentRule, schemaError, schemaWarning } from './rule.ts';

/** What one Telemetry must have by itself: tags with values, one source for each (IST0106). */
export const telemetryShape = documentRule('telemetries', function* ({ object: { spec = {} } }) {
  yield* tracingFindings(spec.tracing ?? []);
  yield* metricsFindings(spec.metrics ?? []);
  for (const [i, { filter }] of (spec.accessLogging ?? []).entries()) {
    if (filter === undefined) continue;
    yield* errorIf(`spec.accessLogging[${i}].filter.expression`, celError(filter.expression ?? ''));
  }
});

function* tracingFindings(tracing: NonNullable<TelemetrySpec['tracing']>): Iterable<RuleFinding> {
  if (tracing.length > 1) {
    yield schemaWarning('spec.tracing[1]', 'only the first entry of tracing is used; join them');
  }
  for (const [i, { providers = [], customTags = {} }] of tracing.entries()) {
    if (providers.length > 1) {
      yield schemaWarning(
        `spec.tracing[${i}].providers[1]`,
        'only the first provider is used; remove the others',
      );
    }
    for (const [name, tag] of Object.entries(customTags)) {
      const path = `spec.tracing[${i}].customTags[${JSON.stringify(name)}]`;
      if (name === '') yield schemaError(path, 'the tag has no name; name it');
      yield* exclusive(path, tag, ['literal', 'environment', 'header', 'formatter']);
    }
  }
}

function* metricsFindings(metrics: NonNullable<TelemetrySpec['metrics']>): Iterable<RuleFinding> {
  for (const [i, { overrides = [], reportingInterval }] of metrics.entries()) {
    yield* durationFindings(`spec.metrics[${i}].reportingInterval`, reportingInterval, 'any');
    for (const [o, { match, tagOverrides = {} }] of overrides.entries()) {
      const path = `spec.metrics[${i}].overrides[${o}]`;
      if (match !== undefined) yield* exclusive(`${path}.match`, match, ['metric', 'customMetric']);
      for (const [name, { operation = 'UPSERT', value }] of Object.entries(tagOverrides)) {
        const at = `${path}.tagOverrides[${JSON.stringify(name)}]`;
        if (name === '') yield schemaWarning(at, 'the tag has no name; name it');
        if (operation === 'UPSERT' && (value ?? '') === '') {
          yield schemaError(
            `${at}.value`,
            'value is missing: UPSERT sets the tag to it; add it, or write REMOVE',
          );
        }
        if (operation === 'REMOVE' && value !== undefined) {
          yield schemaError(`${at}.value`, 'REMOVE takes no value; remove it, or write UPSERT');
        }
      }
    }
  }
}
