import { expect, it } from 'vitest';
import { validateDocuments } from './validate-documents.ts';

it.each([
  [
    'template: { serviceAccount: kiln, weight: 2, ports: { http: 80 } }, probe: { tcpSocket: { port: 80 } }',
    [],
  ],
  ['template: { network: wide, locality: a/b }', ['template.network', 'template.locality']],
  ['metadata: { annotations: { a: b } }, template: {}', ['metadata.annotations']],
  ['template: {}, probe: { exec: { command: [ls] } }', ['probe.exec']],
])('names what members of a WorkloadGroup do not get of %s: %s', (spec, paths) => {
  const yaml = `apiVersion: networking.istio.io/v1
kind: WorkloadGroup
metadata: { name: kiln }
spec: { ${spec} }
`;
  const findings = validateDocuments([yaml]).flatMap((one) => one.findings);
  expect(findings.map(({ code, path }) => `${code} ${path}`)).toEqual(
    paths.map((path) => `HDL0020 spec.${path}`),
  );
});
