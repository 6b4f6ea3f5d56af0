/** YAML as text. While it is edited it is tried: what is wrong, what it changes, what becomes of recorded requests. */
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { WriteResult } from '@heddle/schema';
import { useState } from 'react';
import { useConnection } from '../api/live-context.tsx';
import { PlanFindings, PlanForecast, usePlan } from '../plan/preview.tsx';
import { DocumentDiffs } from '../ui/diff.tsx';
import { Icon } from '../ui/icon.tsx';
import { Panel, Section } from '../ui/panel.tsx';
import { Refusal } from '../service/shift/refusal.tsx';
import './documents.css';

export interface EditorProps {
  readonly kind: string;
  readonly title: string;
  readonly text: string;
  readonly write: (yaml: string, reason: string) => Promise<WriteResult>;
  readonly onDone: () => void;
}

export function Editor({ kind, title, text, write, onDone }: EditorProps) {
  const [base, setBase] = useState(text);
  const [yaml, setYaml] = useState(text);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<{ readonly error: unknown } | null>(null);
  const [written, setWritten] = useState<number | null>(null);
  const queries = useQueryClient();
  const changed = yaml !== base && yaml.trim() !== '';
  const plan = usePlan(changed ? yaml : null);
  // What is on screen may no longer be so: nothing is changed on the strength of it.
  const stale = useConnection() === 'stale';
  const blocked = stale || busy || !changed || plan.data === undefined || !plan.data.valid;
  const submit = async () => {
    if (blocked) return;
    setBusy(true);
    setRefusal(null);
    try {
      const { revision } = await write(yaml, reason);
      setWritten(revision);
      setBase(yaml);
      setReason('');
      await queries.invalidateQueries({ queryKey: ['configs'] });
      await queries.invalidateQueries({ queryKey: ['config'] });
    } catch (error) {
      setRefusal({ error });
    }
    setBusy(false);
  };
  return (
    <Panel
      kind={kind}
      title={title}
      onClose={onDone}
      wide
      foot={
        <form
          className="apply"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <label className="reason">
            <span className="faint">Reason</span>
            <input
              value={reason}
              maxLength={1000}
              placeholder="why, for the change log"
              onChange={(event) => setReason(event.currentTarget.value)}
            />
          </label>
          <button type="submit" className="button primary" disabled={blocked}>
            {applyLabel({ stale, busy, changed, plan: plan.data })}
          </button>
        </form>
      }
    >
      <div className="editor">
        <textarea
          aria-label="YAML"
          value={yaml}
          rows={Math.min(24, Math.max(12, yaml.split('\n').length))}
          spellCheck={false}
          wrap="off"
          placeholder="Istio, Gateway API or SMI YAML as it is; several documents are parted by ---"
          onChange={(event) => {
            setYaml(event.currentTarget.value);
            setWritten(null);
          }}
        />
      </div>
      {refusal !== null && (
        <Refusal
          error={refusal.error}
          onRebase={() => {
            setRefusal(null);
            onDone();
          }}
        />
      )}
      {written !== null && (
        <p className="panel-sentence" role="status">
          <Icon name="ok" size={14} /> Saved as{' '}
          <Link to="/changes" search={{ rev: written }} className="text-link">
            r{written}
          </Link>
          .
        </p>
      )}
      {changed && (
        <>
          <PlanForecast plan={plan} />
          <PlanFindings plan={plan} />
          {plan.data !== undefined && plan.data.diff.some(({ change }) => change !== 'none') && (
            <Section title="Diff">
              <DocumentDiffs documents={plan.data.diff} />
            </Section>
          )}
        </>
      )}
      {!changed && written === null && (
        <p className="shift-hint soft">
          What is wrong with it, what it changes and what would become of recorded requests appear here before
          anything is saved.
        </p>
      )}
    </Panel>
  );
}

interface Applying {
  readonly stale: boolean;
  readonly busy: boolean;
  readonly changed: boolean;
  readonly plan: { readonly valid: boolean; readonly affectedProxies: readonly string[] } | undefined;
}

function applyLabel({ stale, busy, changed, plan }: Applying): string {
  if (stale) return 'Off while stale';
  if (busy) return 'Applying';
  if (!changed) return 'Nothing to apply';
  if (plan === undefined) return 'Checking';
  if (!plan.valid) return 'Has errors';
  const proxies = plan.affectedProxies.length;
  return proxies === 0 ? 'Apply' : `Apply to ${proxies} ${proxies === 1 ? 'proxy' : 'proxies'}`;
}
