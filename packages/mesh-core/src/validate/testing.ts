/** One document by itself, as tests of rules ask for it. */
import { parse } from 'yaml';
import { knownKinds } from '../documents/kinds.ts';
import { validateDocuments } from './validate-documents.ts';

interface Metadata {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * The verdict of a document of the mesh in namespace `mill`, and the code and path of each finding that is more than info.
 * @param spec YAML
 */
export function verdictOf(kind: string, spec: string, metadata: Metadata = {}): [string, ...string[]] {
  const known = knownKinds.find(({ kind: name, group }) => name === kind && group.endsWith('istio.io'));
  const document = {
    apiVersion: `${known?.group}/${known?.versions[0]}`,
    kind,
    metadata: { name: 'p', namespace: 'mill', ...metadata },
    spec: parse(spec),
  };
  const [result] = validateDocuments([JSON.stringify(document)]);
  if (result === undefined) throw new Error('one document has one result');
  const told = result.findings.filter(({ severity }) => severity !== 'info');
  return [result.verdict, ...told.map(({ code, path }) => `${code} ${path}`)];
}
