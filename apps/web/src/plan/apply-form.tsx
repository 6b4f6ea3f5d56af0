/** The reason and the button that applies, with what stands in its way. */
import type { Plan } from '@heddle/schema';
import { type ReactNode, type Ref, useImperativeHandle, useState } from 'react';
import { useConnection } from '../api/live-context.tsx';

export interface ApplyFormHandle {
  /** As if the button was pressed: nothing happens while it is off. */
  readonly submit: () => void;
}

export interface ApplyFormProps {
  /** Undefined while it is being made. */
  readonly plan: Plan | undefined;
  readonly changed: boolean;
  readonly busy: boolean;
  /** Something else that must be settled first. */
  readonly held?: boolean;
  /** Resolves to whether it was taken: then the reason has done its duty. */
  readonly onApply: (reason: string) => Promise<boolean>;
  /** Other things that can be done, before the button. */
  readonly children?: ReactNode;
  readonly ref?: Ref<ApplyFormHandle>;
}

export function ApplyForm({ plan, changed, busy, held = false, onApply, children, ref }: ApplyFormProps) {
  const [reason, setReason] = useState('');
  // What is on screen may no longer be so: nothing is changed on the strength of it.
  const stale = useConnection() === 'stale';
  const blocked = stale || busy || held || !changed || plan?.valid !== true;
  const submit = async () => {
    if (!blocked && (await onApply(reason))) setReason('');
  };
  useImperativeHandle(ref, () => ({ submit: () => void submit() }));
  return (
    <form
      className="apply"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label className="field-box reason">
        <span className="faint">Reason</span>
        <input
          value={reason}
          maxLength={1000}
          placeholder="why, for the change log"
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </label>
      {children}
      <button type="submit" className="button primary" disabled={blocked}>
        {applyLabel(stale, busy, changed, plan)}
      </button>
    </form>
  );
}

function applyLabel(stale: boolean, busy: boolean, changed: boolean, plan: Plan | undefined): string {
  if (stale) return 'Off while stale';
  if (busy) return 'Applying';
  if (!changed) return 'Nothing to apply';
  if (plan === undefined) return 'Checking';
  if (!plan.valid) return 'Has errors';
  const proxies = plan.affectedProxies.length;
  return proxies === 0 ? 'Apply' : `Apply to ${proxies} ${proxies === 1 ? 'proxy' : 'proxies'}`;
}
