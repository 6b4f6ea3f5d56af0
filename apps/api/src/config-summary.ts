/** Stored documents as a list shows them: trouble first, filtered and counted here, so that ten thousand are as quick as ten. */
import { keyText, type StoredDocument } from '@heddle/mesh-core';
import type { Finding, ResourceSummary, ResourceSummaryPage } from '@heddle/schema';
import type { Mesh } from './mesh.ts';
import { page } from './query.ts';

export interface SummaryQuery {
  readonly namespace?: string | undefined;
  /** Words that must all stand in kind, namespace/name, codes or severities of findings. */
  readonly q?: string | undefined;
  /** Groups of APIs; empty is all. */
  readonly groups: readonly string[];
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export function summaryPage(mesh: Mesh, query: SummaryQuery): ResourceSummaryPage {
  const all = sorted(mesh).filter(
    ({ document: { key } }) => query.namespace === undefined || key.namespace === query.namespace,
  );
  const words = (query.q ?? '').toLowerCase().split(/\s+/);
  const matching = all.filter(
    ({ document: { key }, text }) =>
      (query.groups.length === 0 || query.groups.includes(key.group)) &&
      words.every((word) => text.includes(word)),
  );
  const { items, nextCursor } = page(matching, query.limit, query.cursor);
  return {
    items: items.map(({ document }) => toSummary(document, mesh)),
    nextCursor,
    matched: matching.length,
    stored: all.length,
    groups: groupsOf(all),
    codes: codesOf(all),
    withErrors: all.filter(({ rank }) => rank === 0).length,
    withWarnings: all.filter(({ rank }) => rank === 1).length,
  };
}

interface Listed {
  readonly document: StoredDocument;
  readonly findings: readonly Finding[];
  readonly rank: number;
  readonly text: string;
}

/** Sorted once for each state of the mesh: to compare ten thousand names takes longer than to answer. */
const sortedFor = new WeakMap<object, readonly Listed[]>();

function sorted(mesh: Mesh): readonly Listed[] {
  const { findings } = mesh.controlPlane;
  let listed = sortedFor.get(findings);
  if (listed === undefined) {
    listed = mesh.controlPlane.store
      .list()
      .map((document) => toListed(document, findings.get(keyText(document.key)) ?? []))
      .toSorted((a, b) => a.rank - b.rank || compareKeys(a.document, b.document));
    sortedFor.set(findings, listed);
  }
  return listed;
}

function toListed(document: StoredDocument, findings: readonly Finding[]): Listed {
  const { kind, namespace, name } = document.key;
  const found = findings.flatMap(({ code, severity }) => [code, severity, effects[code] ?? '']);
  return {
    document,
    findings,
    rank: rankOf(findings),
    text: `${kind} ${namespace}/${name} ${[...new Set(found)].join(' ')}`.toLowerCase(),
  };
}

/** What a document lacks by a finding, in words that people look for. */
const effects: Readonly<Record<string, string>> = {
  HDL0001: 'shadowed',
  HDL0020: 'not yet enforced',
  HDL0022: 'envoy only',
};

/** Errors first, then what somebody should look at, then what is only said. */
function rankOf(findings: readonly Finding[]): number {
  if (findings.some(({ severity }) => severity === 'error')) return 0;
  const isOpen = ({ code, severity }: Finding) =>
    code === 'HDL0001' || (severity === 'warning' && effects[code] === undefined);
  if (findings.some(isOpen)) return 1;
  return findings.some(({ code }) => effects[code] !== undefined) ? 2 : 3;
}

function compareKeys({ key: a }: StoredDocument, { key: b }: StoredDocument): number {
  return (
    compare(a.group, b.group) ||
    compare(a.kind, b.kind) ||
    compare(a.namespace, b.namespace) ||
    compare(a.name, b.name)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function toSummary(document: StoredDocument, mesh: Mesh): ResourceSummary {
  const { key, revision, updatedAtMs } = document;
  const findings = [...mesh.controlPlane.findingsOf(document)];
  return { ...key, revision, updatedAt: new Date(updatedAtMs).toISOString(), findings };
}

function codesOf(all: readonly Listed[]): ResourceSummaryPage['codes'] {
  const counts = new Map<string, ResourceSummaryPage['codes'][number]>();
  for (const { findings } of all) {
    const own = new Map(findings.map(({ code, severity }) => [`${code} ${severity}`, { code, severity }]));
    for (const [id, one] of own) {
      const before = counts.get(id);
      counts.set(id, { ...one, documents: (before?.documents ?? 0) + 1 });
    }
  }
  return [...counts.values()].toSorted((a, b) => compare(a.code, b.code));
}

function groupsOf(all: readonly Listed[]): ResourceSummaryPage['groups'] {
  const byGroup = Map.groupBy(all, ({ document }) => document.key.group);
  return [...byGroup]
    .map(([group, documents]) => ({ group, documents: documents.length }))
    .toSorted((a, b) => compare(a.group, b.group));
}
