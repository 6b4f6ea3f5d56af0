/** YAML as text, tried while it is written: what is wrong and where, what it changes, what becomes of recorded requests. */
import { useQueryClient } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import type { Finding, Plan, ResourceKey, StoredResource } from '@heddle/schema';
import { lazy, type ReactNode, Suspense, useRef, useState } from 'react';
import { api } from '../api/client.ts';
import { configQuery } from '../api/queries.ts';
import type { Draft, EditorHandle } from '../editor/yaml-editor.tsx';
import { ApplyForm, type ApplyFormHandle } from '../plan/apply-form.tsx';
import { PlanEffect } from '../plan/effect.tsx';
import { Outcome } from '../plan/outcome.tsx';
import { PlanFindings, PlanForecast, usePlan } from '../plan/preview.tsx';
import { Refusal } from '../plan/refusal.tsx';
import { useApply } from '../plan/use-apply.ts';
import { DocumentDiffs } from '../ui/diff.tsx';
import { Icon } from '../ui/icon.tsx';
import { apiName } from '../ui/kinds.ts';
import { Section } from '../ui/panel.tsx';
import { Segmented } from '../ui/segmented.tsx';
import { Loading } from '../ui/states.tsx';
import { verdictOf } from './model/verdict.ts';
import './editor.css';

const YamlEditor = lazy(() =>
  import('../editor/yaml-editor.tsx').then((module) => ({ default: module.YamlEditor })),
);

export interface EditorProps {
  /** null writes documents that are not stored yet, any number of them. */
  readonly stored: StoredResource | null;
  readonly onDone: () => void;
}

/** What the draft stands on; it moves when the draft is applied, or put on top of another write. */
interface Base {
  readonly text: string;
  readonly revision: number | null;
}

export function Editor({ stored, onDone }: EditorProps) {
  const [initial] = useState(stored?.yaml ?? '');
  const [base, setBase] = useState<Base>({ text: initial, revision: stored?.revision ?? null });
  const [draft, setDraft] = useState<Draft | null>(null);
  const [mode, setMode] = useState<'text' | 'diff'>('text');
  const queries = useQueryClient();
  const editor = useRef<EditorHandle>(null);
  const form = useRef<ApplyFormHandle>(null);
  const changed = draft !== null && differs(draft, base.text);
  const plan = usePlan(changed ? draft : null);
  const { phase, write, rollback, reset } = useApply();
  const busy = phase.kind === 'writing';
  // A text that was just applied is no draft any more, also where it was not typed here.
  const leaving = useBlocker({
    shouldBlockFn: () => changed,
    enableBeforeUnload: () => changed,
    withResolver: true,
  });
  const apply = async (reason: string) => {
    const text = String(draft);
    const revision = await write(() =>
      stored === null ? api.writeAll(text, reason) : api.write(keyOf(stored), text, base.revision, reason),
    );
    if (revision !== null) setBase({ text, revision });
    return revision !== null;
  };
  /** The draft stays as it is and stands on what is stored now. */
  const follow = async () => {
    if (stored === null) {
      setBase({ text: '', revision: null });
      return;
    }
    const newest = await queries.fetchQuery({ ...configQuery(keyOf(stored)), staleTime: 0 });
    setBase({ text: newest.yaml, revision: newest.revision });
  };
  const rebase = async () => {
    await follow();
    if (stored !== null) setMode('diff');
    reset();
  };
  const undo = async (revision: number) => {
    if ((await rollback(revision)) !== null) await follow();
  };
  const edit = (next: Draft) => {
    setDraft(next);
    if (phase.kind !== 'writing') reset();
  };
  const verdict = verdictOf(changed, plan.latest);
  const findings = changed ? plan.latest?.findings : (stored?.findings ?? none);
  return (
    <section className="editor-page" aria-label={stored?.kind ?? 'Add YAML'}>
      <header className="editor-head">
        <Crumbs stored={stored} base={base} plan={changed ? plan.latest : undefined} onDone={onDone} />
        <h1 className={`verdict is-${verdict.tone}`}>
          {verdict.tone !== 'plain' && <Icon name={verdict.tone} size={20} />}
          <span role="status">
            {changed
              ? verdict.text
              : phase.kind === 'applied'
                ? 'Saved'
                : stored === null
                  ? 'Bring the YAML you have'
                  : verdict.text}
          </span>
        </h1>
      </header>
      <div className="editor-text">
        <div className="editor-bar">
          <h2>YAML</h2>
          <Counts findings={findings ?? none} />
          {stored !== null && (
            <>
              {mode === 'diff' && (
                <span className="editor-legend small soft" aria-hidden="true">
                  <i className="swatch is-a" /> r{base.revision} <i className="swatch is-b" /> draft
                </span>
              )}
              <Segmented
                label="Lines"
                options={[
                  { value: 'text', label: 'Text' },
                  { value: 'diff', label: 'Diff' },
                ]}
                value={mode}
                onChange={setMode}
              />
            </>
          )}
        </div>
        <Suspense fallback={<Loading what="the editor" rows={10} />}>
          <YamlEditor
            ref={editor}
            label="YAML"
            text={initial}
            {...(changed && plan.data === undefined ? {} : { findings: findings ?? none })}
            compareWith={mode === 'diff' ? base.text : null}
            onEdit={edit}
            onSave={() => form.current?.submit()}
          />
        </Suspense>
        <p className="editor-keys faint small">
          {keys.map(([press, does]) => (
            <span key={does}>
              {press.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}{' '}
              {does}
            </span>
          ))}
        </p>
      </div>
      <div className="editor-plan" role="group" aria-label="What it would do" tabIndex={0}>
        {phase.kind === 'refused' && <Refusal error={phase.error} onRebase={() => void rebase()} />}
        {phase.kind === 'applied' && (
          <Outcome
            revision={phase.revision}
            busy={busy}
            onRollback={phase.undoes === null ? () => void undo(phase.revision) : null}
          />
        )}
        {changed ? (
          <div className={plan.data === undefined ? 'is-behind' : ''} aria-busy={plan.data === undefined}>
            {plan.latest?.valid !== false && <PlanForecast plan={plan} />}
            <PlanFindings plan={plan} onPlace={({ line = 1 }) => editor.current?.goTo(line)} />
            {stored === null && <Replaced plan={plan.latest} />}
            {plan.latest !== undefined && <PlanEffect plan={plan.latest} />}
          </div>
        ) : (
          phase.kind !== 'applied' && (
            <p className="editor-hint soft">
              What is wrong with it, what it changes and what would become of recorded requests appear here
              while you write, before anything is saved.
            </p>
          )
        )}
      </div>
      <footer className="editor-foot">
        {leaving.status === 'blocked' ? (
          <div className="confirm" role="group" aria-label="Confirm that the draft is discarded">
            <span>Discard the draft? It is stored nowhere else.</span>
            <button type="button" className="button primary" autoFocus onClick={leaving.reset}>
              Keep writing
            </button>
            <button type="button" className="button" onClick={leaving.proceed}>
              Discard
            </button>
          </div>
        ) : (
          <ApplyForm ref={form} plan={plan.data} changed={changed} busy={busy} onApply={apply}>
            <button type="button" className="button" onClick={onDone}>
              {changed ? 'Discard' : 'Close'}
            </button>
          </ApplyForm>
        )}
      </footer>
    </section>
  );
}

const none: readonly Finding[] = [];

const keys: readonly (readonly [press: readonly string[], does: string])[] = [
  [['Ctrl', 'Space'], 'suggests'],
  [['Ctrl', 'F'], 'finds'],
  [['F8'], 'next finding'],
  [['Ctrl', 'S'], 'applies'],
  [['Esc', 'Tab'], 'leaves the text'],
];

function keyOf({ group, kind, namespace, name }: StoredResource): ResourceKey {
  return { group, kind, namespace, name };
}

/** Compared by length first: a text of a megabyte is made into a string only when that is the same. */
function differs(draft: Draft, text: string): boolean {
  return draft.length !== text.length || String(draft) !== text;
}

interface CrumbsProps {
  readonly stored: StoredResource | null;
  readonly base: Base;
  readonly plan: Plan | undefined;
  readonly onDone: () => void;
}

function Crumbs({ stored, base, plan, onDone }: CrumbsProps) {
  const lines = plan?.diff.flatMap((document) => document.lines) ?? [];
  const removed = lines.filter(({ op }) => op === '-').length;
  const added = lines.filter(({ op }) => op === '+').length;
  const steps: ReactNode[] =
    stored === null
      ? ['Add YAML']
      : [
          apiName(stored.group),
          stored.kind,
          <code key="name">
            {stored.namespace === '' ? '' : `${stored.namespace}/`}
            {stored.name}
          </code>,
        ];
  return (
    <nav className="crumbs" aria-label="Breadcrumb">
      <button type="button" className="crumb-back" onClick={onDone}>
        Documents
      </button>
      {steps.map((step, index) => (
        <span key={index} className={index === steps.length - 1 ? 'crumb crumb-here' : 'crumb'}>
          <Icon name="chevron" size={10} />
          {step}
        </span>
      ))}
      {base.revision !== null && stored !== null && <span className="chip">Draft on r{base.revision}</span>}
      {removed + added > 0 && (
        <span className="chip num">
          −{removed} +{added} lines
        </span>
      )}
    </nav>
  );
}

function Counts({ findings }: { findings: readonly Finding[] }) {
  const count = (severity: Finding['severity']) => findings.filter((one) => one.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  return (
    <span className="editor-counts small">
      {errors > 0 && (
        <span className="state-failing">
          <Icon name="failing" size={13} /> {errors} {errors === 1 ? 'error' : 'errors'}
        </span>
      )}
      {warnings > 0 && (
        <span className="state-degraded">
          <Icon name="degraded" size={13} /> {warnings} {warnings === 1 ? 'warning' : 'warnings'}
        </span>
      )}
    </span>
  );
}

/** Of a text that brings documents: those that are stored already and would be other ones. */
function Replaced({ plan }: { plan: Plan | undefined }) {
  const updates = plan?.diff.filter(({ change }) => change === 'update') ?? [];
  const created = plan?.diff.filter(({ change }) => change === 'create') ?? [];
  if (updates.length + created.length === 0) return null;
  return (
    <Section title={`Documents ${updates.length + created.length}`} note={createdWords(created.length)}>
      <ul className="small">
        {created.slice(0, 20).map((one) => (
          <li key={`${one.group} ${one.kind} ${one.namespace}/${one.name}`}>
            <Icon name="plus" size={12} /> {one.kind} {one.namespace === '' ? '' : `${one.namespace}/`}
            {one.name}
          </li>
        ))}
      </ul>
      {created.length > 20 && <p className="faint small">and {created.length - 20} more</p>}
      <DocumentDiffs documents={updates} />
    </Section>
  );
}

function createdWords(created: number): string {
  return created === 0 ? 'all of them are stored already' : `${created} new`;
}
