/** What a reader must know of a document before its text: that a part of it has no effect, and why. */
import type { Finding, StoredResource } from '@heddle/schema';

export interface Badge {
  readonly code: string;
  readonly label: string;
  readonly tone: 'failing' | 'degraded' | 'plain';
  /** The sentence of the first finding, and how many more there are. */
  readonly sentence: string;
}

const withoutEffect: readonly (readonly [code: string, label: string, tone: Badge['tone']])[] = [
  ['HDL0001', 'Shadowed', 'degraded'],
  ['HDL0020', 'Not yet enforced', 'plain'],
  ['HDL0022', 'Envoy only', 'plain'],
];

export function badgesOf(findings: readonly Finding[]): Badge[] {
  const badge = (code: string, label: string, tone: Badge['tone'], found: readonly Finding[]): Badge[] =>
    found.length === 0 ? [] : [{ code, label, tone, sentence: sentenceOf(found) }];
  const named = new Set(withoutEffect.map(([code]) => code));
  const others = findings.filter(({ code }) => !named.has(code));
  const errors = others.filter(({ severity }) => severity === 'error');
  const warnings = others.filter(({ severity }) => severity === 'warning');
  return [
    ...badge('error', counted(errors.length, 'error'), 'failing', errors),
    ...withoutEffect.flatMap(([code, label, tone]) =>
      badge(
        code,
        label,
        tone,
        findings.filter((finding) => finding.code === code),
      ),
    ),
    ...badge('warning', counted(warnings.length, 'warning'), 'degraded', warnings),
  ];
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function sentenceOf([first, ...more]: readonly Finding[]): string {
  return `${first?.message ?? ''}${more.length === 0 ? '' : ` (and ${more.length} more)`}`;
}

export interface Condition {
  /** The parent, listener or ancestor it is about; "" is the document. */
  readonly about: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** The conditions of a Gateway API status, wherever in it they stand. */
export function conditionsOf(status: StoredResource['status']): Condition[] {
  if (status === undefined) return [];
  return [
    ...listed(status['conditions'], ''),
    ...items(status['parents']).flatMap((one) => listed(one['conditions'], parentName(one['parentRef']))),
    ...items(status['ancestors']).flatMap((one) => listed(one['conditions'], parentName(one['ancestorRef']))),
    ...items(status['listeners']).flatMap((one) =>
      listed(one['conditions'], `listener ${text(one['name'])}`),
    ),
  ];
}

function listed(conditions: unknown, about: string): Condition[] {
  return items(conditions).map((one) => ({
    about,
    type: text(one['type']),
    status: text(one['status']),
    reason: text(one['reason']),
    message: text(one['message']),
  }));
}

function parentName(reference: unknown): string {
  const [parent] = items([reference]);
  if (parent === undefined) return '';
  const { kind, namespace, name, sectionName, port } = parent;
  const part = text(sectionName) === '' ? text(port) : text(sectionName);
  return `${text(kind) || 'Gateway'} ${text(namespace) === '' ? '' : `${text(namespace)}/`}${text(name)}${part === '' ? '' : `:${part}`}`;
}

function items(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value)
    ? value.flatMap((one: unknown) => (typeof one === 'object' && one !== null ? [{ ...one }] : []))
    : [];
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Of these a `True` is trouble; of all others a `False` is. */
const negative = new Set(['Conflicted', 'PartiallyInvalid', 'Detached']);

export function isTrouble({ type, status }: Condition): boolean {
  return negative.has(type) ? status === 'True' : status === 'False';
}
