import type { WorkloadGroupSpec } from '@heddle/schema';
import { isDnsLabel } from './host-names.ts';
import { labelFindings } from './label-values.ts';
import { addressFindings } from './workload-entry-shape.ts';
import { exclusive, type RuleFinding, documentRule, schemaError } from './rule.ts';

/** What one WorkloadGroup must have by itself: labels, a probe of one kind (IST0106). */
export const workloadGroupShape = documentRule('workloadGroups', function* ({ object: { spec } }) {
  yield* labelFindings('spec.metadata.labels', spec.metadata?.labels);
  // The address is filled in for each workload: only the form of a socket's is looked at.
  const { address = '' } = spec.template;
  if (address.startsWith('unix://')) yield* addressFindings('spec.template', spec.template, true);
  for (const name of Object.keys(spec.template.ports ?? {})) {
    if (isDnsLabel(name) && name.length < 63) continue;
    yield schemaError(
      `spec.template.ports[${JSON.stringify(name)}]`,
      `"${name}" cannot be the name of a port`,
    );
  }
  if (spec.probe !== undefined) yield* probeFindings('spec.probe', spec.probe);
});

function* probeFindings(path: string, probe: NonNullable<WorkloadGroupSpec['probe']>): Iterable<RuleFinding> {
  yield* exclusive(path, probe, ['httpGet', 'tcpSocket', 'exec', 'grpc']);
  const { httpGet, tcpSocket, exec } = probe;
  if (httpGet === undefined && tcpSocket === undefined && exec === undefined) {
    yield schemaError(path, 'the probe asks nothing; give it httpGet, tcpSocket or exec');
  }
  if (!['', 'HTTP', 'HTTPS'].includes(httpGet?.scheme ?? '')) {
    yield schemaError(
      `${path}.httpGet.scheme`,
      `"${httpGet?.scheme}" is not a scheme; expected HTTP or HTTPS`,
    );
  }
  for (const [i, { name = '' }] of (httpGet?.httpHeaders ?? []).entries()) {
    if (/^[-A-Za-z0-9]+$/.test(name)) continue;
    yield schemaError(`${path}.httpGet.httpHeaders[${i}].name`, `"${name}" is not the name of a header`);
  }
}
