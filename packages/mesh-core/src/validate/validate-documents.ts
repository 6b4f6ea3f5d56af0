import type { Finding, ResourceKey } from '@heddle/schema';
import { keyText } from '../documents/key.ts';
import { type ParsedEntry, parseSources, type SourceText } from '../documents/parse.ts';
import { World } from '../world/world.ts';
import { validateWorld, withLines } from './validate.ts';

/** What `heddle validate` says of one document. */
export interface DocumentResult extends ResourceKey {
  /** Its place among the documents, from 0. */
  readonly index: number;
  /** Where it was read, when it came from a file. */
  readonly file?: string;
  readonly verdict: 'valid' | 'warning' | 'invalid';
  readonly findings: readonly Finding[];
}

/**
 * Findings that ask for something outside of the documents: without a mesh it may well be there, so they are told and leave the
 * verdict alone.
 */
const outsideOfDocuments: ReadonlySet<string> = new Set([
  'KIA1101',
  'KIA1102',
  'KIA0202',
  'KIA0302',
  'KIA1401',
  'KIA1402',
  'KIA1504',
  'KIA1601',
  'IST0161',
  'KIA0005',
  'KIA0101',
  'KIA0104',
  'KIA0106',
  'KIA0108',
  'KIA1004',
  'IST0101',
  'IST0157',
  'HDL0020',
  'HDL0023',
  'HDL0027',
]);
/** Which workloads run is not in documents at all. */
const needsWorkloads: ReadonlySet<string> = new Set(['KIA0203', 'KIA0004', 'IST0127', 'KIA1301']);

/** Documents by themselves, in the order of the texts: only what they get wrong themselves is an error. */
export function validateDocuments(sources: readonly SourceText[]): DocumentResult[] {
  return validateEntries(parseSources(sources));
}

/** The same for documents that are parsed already. */
export function validateEntries(entries: readonly ParsedEntry[]): DocumentResult[] {
  const documents = entries.flatMap(({ document }, i) =>
    document === undefined ? [] : [{ ...document, generation: 1, createdAtMs: i, revision: 1 }],
  );
  const semantic = validateWorld(new World(documents, []), documents);
  const seen = new Set<string>();
  return entries.map((entry, index) => {
    const { document } = entry;
    const id = document === undefined ? undefined : keyText(document.key);
    // Of two documents with one key the findings are told once, with the first.
    const found = id === undefined || seen.has(id) ? [] : (semantic.get(id) ?? []);
    if (id !== undefined) seen.add(id);
    const own = document === undefined ? found : withLines(found, document.lines);
    return toResult(entry, index, [...entry.findings, ...own.flatMap(withoutMesh)]);
  });
}

function withoutMesh(finding: Finding): Finding[] {
  if (needsWorkloads.has(finding.code)) return [];
  const isOutside =
    (outsideOfDocuments.has(finding.code) || finding.code === 'KIA1107') && finding.severity === 'warning';
  return [isOutside ? { ...finding, severity: 'info' } : finding];
}

function toResult({ named, file }: ParsedEntry, index: number, findings: readonly Finding[]): DocumentResult {
  const has = (severity: Finding['severity']) => findings.some((one) => one.severity === severity);
  return {
    index,
    ...named,
    ...(file === undefined ? {} : { file }),
    verdict: has('error') ? 'invalid' : has('warning') ? 'warning' : 'valid',
    findings,
  };
}
