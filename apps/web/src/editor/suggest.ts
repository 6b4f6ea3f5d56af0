/** What the schema of a kind knows, where one types: keys and values to choose from, and on hover what a field is. */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  pickedCompletion,
  startCompletion,
} from '@codemirror/autocomplete';
import type { Extension } from '@codemirror/state';
import { type EditorView, hoverTooltip, type Tooltip } from '@codemirror/view';
import type { DocumentKind } from '@heddle/schema';
import { type Cursor, cursorAt } from './model/cursor.ts';
import { type Field, fieldsAt, valuesAt, wordsAt } from './model/schema.ts';
import { linesOf } from './lines.ts';
import type { Schemas } from './schemas.ts';

export function suggestions(schemas: Schemas): Extension {
  return [
    autocompletion({
      override: [(context) => complete(context, schemas)],
      icons: false,
      maxRenderedOptions: 60,
    }),
    hoverTooltip((view, position) => explainAt(view, position, schemas), { hoverTime: 350 }),
  ];
}

async function complete(context: CompletionContext, schemas: Schemas): Promise<CompletionResult | null> {
  const { doc } = context.state;
  const line = doc.lineAt(context.pos);
  const cursor = cursorAt(linesOf(doc), line.number - 1, context.pos - line.from);
  if (cursor === null) return null;
  const from = line.from + cursor.from;
  // Nothing opens by itself before a word is begun, other than after `key: `.
  if (!context.explicit && from === context.pos && cursor.valueOf === null) return null;
  const options = await optionsFor(cursor, schemas);
  return context.aborted || options.length === 0 ? null : { from, options, validFor: /^[\w./-]*$/ };
}

async function optionsFor(cursor: Cursor, schemas: Schemas): Promise<Completion[]> {
  const { apiVersion, kind, path, valueOf } = cursor;
  if (path.length === 0 && valueOf === 'kind')
    return (await kindsOf(apiVersion, schemas)).map((one) => valueOption(one.kind, one.group));
  if (path.length === 0 && valueOf === 'apiVersion')
    return [
      ...new Set(
        (await kindsOf('', schemas)).filter((one) => kind === '' || one.kind === kind).flatMap(versionsOf),
      ),
    ].map((one) => valueOption(one, ''));
  if (path.length === 0 && valueOf === null && kind === '' && cursor.present.size === 0)
    return (await schemas.kinds()).map(skeletonOption);
  if (valueOf === 'host' || valueOf === 'hosts' || (path.at(-2) === 'hosts' && path.at(-1) === '[]'))
    return (await schemas.hosts()).map(({ host, namespace }) => valueOption(host, namespace));
  const schema = (await schemas.of(apiVersion, kind)) ?? documentOfAnyKind;
  if (valueOf !== null) return valuesAt(schema, [...path, valueOf]).map((one) => valueOption(one, ''));
  return [
    ...fieldsAt(schema, path)
      .filter(({ name }) => !cursor.present.has(name))
      .map((field) => keyOption(field, cursor, valuesAt(schema, [...path, field.name]).length > 0)),
    ...(path.at(-1) === '[]' ? valuesAt(schema, path).map((one) => valueOption(one, '')) : []),
  ];
}

const documentOfAnyKind = {
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata'],
  properties: {
    apiVersion: {
      type: 'string',
      description: 'group and version of the API, such as networking.istio.io/v1',
    },
    kind: { type: 'string', description: 'such as VirtualService' },
    metadata: { type: 'object' },
    spec: { type: 'object' },
  },
};

async function kindsOf(apiVersion: string, schemas: Schemas): Promise<readonly DocumentKind[]> {
  const kinds = await schemas.kinds();
  return apiVersion === '' ? kinds : kinds.filter((one) => versionsOf(one).includes(apiVersion));
}

function versionsOf({ group, versions }: DocumentKind): string[] {
  return versions.map((version) => (group === 'core' ? version : `${group}/${version}`));
}

function valueOption(label: string, detail: string): Completion {
  return { label, detail };
}

function skeletonOption(kind: DocumentKind): Completion {
  const [apiVersion = 'v1'] = versionsOf(kind);
  const name = `${kind.kind.toLowerCase()}-1`;
  const head = `apiVersion: ${apiVersion}\nkind: ${kind.kind}\nmetadata:\n  name: `;
  const place = kind.namespaced ? '\n  namespace: default' : '';
  return {
    label: kind.kind,
    detail: kind.group,
    apply(view, completion, from, to) {
      view.dispatch({
        changes: { from, to, insert: `${head}${name}${place}\nspec:\n  ` },
        selection: { anchor: from + head.length, head: from + head.length + name.length },
        annotations: pickedCompletion.of(completion),
        userEvent: 'input.complete',
      });
    },
  };
}

function keyOption(field: Field, { isFlow }: Cursor, hasValues: boolean): Completion {
  return {
    label: field.name,
    detail: field.isRequired ? `${field.takes}, required` : field.takes,
    ...(field.description === '' ? {} : { info: field.description }),
    boost: field.isRequired ? 1 : 0,
    apply(view, completion, from, to) {
      const line = view.state.doc.lineAt(from);
      const isFollowed = /^\s*:/.test(view.state.sliceDoc(to, line.to));
      const insert = isFollowed ? field.name : `${field.name}:${afterKey(field, from - line.from, isFlow)}`;
      view.dispatch({
        changes: { from, to, insert },
        selection: { anchor: from + insert.length },
        annotations: pickedCompletion.of(completion),
        userEvent: 'input.complete',
        scrollIntoView: true,
      });
      if (hasValues && !isFollowed) startCompletion(view);
    },
  };
}

function afterKey({ form }: Field, column: number, isFlow: boolean): string {
  if (isFlow || form === 'value') return ' ';
  return `\n${' '.repeat(column + 2)}${form === 'list' ? '- ' : ''}`;
}

async function explainAt(view: EditorView, position: number, schemas: Schemas): Promise<Tooltip | null> {
  const line = view.state.doc.lineAt(position);
  const column = position - line.from;
  const before = /[\w.-]*$/.exec(line.text.slice(0, column))?.[0] ?? '';
  const after = /^[\w.-]*/.exec(line.text.slice(column))?.[0] ?? '';
  if (before + after === '') return null;
  const start = column - before.length;
  const end = column + after.length;
  const cursor = cursorAt(linesOf(view.state.doc), line.number - 1, start);
  if (cursor === null) return null;
  const isKey = /^["']?\s*:(\s|$)/.test(line.text.slice(end));
  const name = isKey ? before + after : cursor.valueOf;
  if (name === null) return null;
  const schema = await schemas.of(cursor.apiVersion, cursor.kind);
  const path = [...cursor.path, name];
  const words = schema === null ? null : wordsAt(schema, path);
  if (words === null || (words.takes === '' && words.description === '')) return null;
  return {
    pos: line.from + start,
    end: line.from + end,
    above: true,
    create: () => ({ dom: fieldCard(path, words.takes, words.description) }),
  };
}

function fieldCard(path: readonly string[], takes: string, description: string): HTMLElement {
  const dom = document.createElement('div');
  dom.className = 'field-card';
  const name = dom.appendChild(document.createElement('code'));
  name.textContent = path.join('.').replaceAll('.[]', '[]');
  const what = dom.appendChild(document.createElement('span'));
  what.className = 'faint';
  what.textContent = takes;
  if (description !== '') dom.appendChild(document.createElement('p')).textContent = description;
  return dom;
}
