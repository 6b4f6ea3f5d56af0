/** ReadinessProbe <-> metadata of the inbound listener: in Istio the agent beside an Envoy has it from elsewhere. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { ReadinessProbe } from '@heddle/traffic';
import type { FieldReader } from './field-reader.ts';
import { decodeOrigins, definedFields, encodeOrigins } from './metadata.ts';

export function encodeReadiness({ check, from, ...times }: ReadinessProbe): JsonObject {
  return definedFields({
    ...times,
    check:
      check.kind === 'tcp'
        ? { ...check }
        : { ...check, headers: check.headers.map(({ name, value }) => ({ name, value })) },
    from: encodeOrigins(from),
  });
}

export function decodeReadiness(probe: FieldReader): ReadinessProbe {
  return {
    check: decodeCheck(probe.field('check')),
    initialDelayMs: probe.number('initialDelayMs'),
    periodMs: probe.number('periodMs', 10_000),
    timeoutMs: probe.number('timeoutMs', 1000),
    successThreshold: probe.number('successThreshold', 1),
    failureThreshold: probe.number('failureThreshold', 3),
    from: decodeOrigins(probe),
  };
}

function decodeCheck(check: FieldReader): ReadinessProbe['check'] {
  const host = check.string('host');
  const port = check.number('port');
  if (check.oneOf('kind', ['http', 'tcp'], 'tcp') === 'tcp') return { kind: 'tcp', host, port };
  return {
    kind: 'http',
    scheme: check.oneOf('scheme', ['http', 'https'], 'http'),
    host,
    port,
    path: check.string('path'),
    headers: check
      .list('headers')
      .map((header) => ({ name: header.string('name'), value: header.string('value') })),
  };
}
