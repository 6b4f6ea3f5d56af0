import { errorIf, type RuleFinding, schemaError, schemaWarning } from './rule.ts';

const name = '(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const dnsLabel = '[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?';
const keyForm = new RegExp(`^(?:(${dnsLabel}(?:\\.${dnsLabel})*)/)?(${name})$`);
const valueForm = new RegExp(`^(?:${name})?$`);
/** Longer texts are no labels; it also bounds the expressions. */
const longest = 253 + 1 + 63;

/** Labels have the form that Kubernetes gives them. */
export function* labelFindings(
  path: string,
  labels: Readonly<Record<string, string>> | undefined,
): Iterable<RuleFinding> {
  for (const [key, value] of Object.entries(labels ?? {})) {
    const at = `${path}[${JSON.stringify(key)}]`;
    yield* errorIf(at, keyError(key));
    if (value.length > 65_536 || !valueForm.test(value)) {
      yield schemaError(
        at,
        `"${value.slice(0, 80)}" is not the value of a label; use letters, digits, -, _ and .`,
      );
    }
  }
}

/** Names of annotations are as those of labels. */
export function keyError(key: string): string | undefined {
  const wrong = `"${key.slice(0, 80)}" is not the name of a label or annotation; write it as app or example.com/app`;
  const match = key.length > longest ? null : keyForm.exec(key);
  if (match === null) return wrong;
  const [, prefix = '', short = ''] = match;
  return prefix.length > 253 || short.length > 63 ? wrong : undefined;
}

/** Labels that select workloads: no wildcards, no empty names; an empty selection is everything. */
export function* selectorFindings(
  path: string,
  field: 'matchLabels' | 'labels',
  labels: Readonly<Record<string, string>> | undefined,
): Iterable<RuleFinding> {
  const entries = Object.entries(labels ?? {});
  for (const [key, value] of entries) {
    const at = `${path}.${field}[${JSON.stringify(key)}]`;
    if (key === '') yield schemaError(at, 'a label has an empty name; remove it or name the label');
    if (`${key}${value}`.includes('*')) {
      yield schemaError(at, `${key}=${value}: a selector takes no wildcards; name the labels as they are`);
    }
  }
  if (entries.length === 0) {
    yield schemaWarning(
      path,
      'the selector has no labels and selects every workload; name labels, or remove it',
    );
  }
}
