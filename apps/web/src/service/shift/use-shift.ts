/** The life of one shift: a base, weights drafted on it, a write, and what came of it. */
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { type Phase, useApply } from '../../plan/use-apply.ts';
import { apportion } from '../model/weights.ts';
import type { Draft } from '../model/draft.ts';

export interface Shift {
  readonly base: Draft;
  readonly weights: readonly number[];
  readonly setWeights: (weights: number[]) => void;
  /** Keeps the drafted weights and puts them on the newest revision. */
  readonly rebase: () => void;
  readonly phase: Phase;
  /** Resolves to whether it was taken. */
  readonly apply: (yaml: string, reason: string) => Promise<boolean>;
  readonly rollback: (revision: number) => void;
  /** The revision that changed the document under the draft, null when the draft stands on the newest. */
  readonly behind: number | null;
}

export function useShift(newest: Draft): Shift {
  const [base, setBase] = useState(newest);
  const [weights, setWeights] = useState(() => weightsOf(newest));
  const { phase, write, rollback, reset } = useApply();
  /** A revision of our own making that the polled service does not show yet, or does not show any more. */
  const [own, setOwn] = useState<number | null>(null);

  const moved = newest.revision !== base.revision;
  const untouched = weights.join() === weightsOf(base).join();
  // Nothing is lost by following when nothing was drafted, or when it is our own write that arrives.
  if (moved && (untouched || newest.revision === own) && phase.kind !== 'writing') {
    setBase(newest);
    setWeights(weightsOf(newest));
  }

  const owned = (revision: number | null) => {
    if (revision !== null) setOwn(revision);
    return revision !== null;
  };
  return {
    base,
    weights,
    setWeights: (next) => {
      setWeights(next);
      if (phase.kind === 'refused') reset();
    },
    rebase: () => {
      setWeights(carried(base, weights, newest));
      setBase(newest);
      reset();
    },
    phase,
    apply: async (yaml, reason) => owned(await write(() => api.write(base.key, yaml, base.revision, reason))),
    rollback: (revision) => void rollback(revision).then(owned),
    behind:
      moved && !untouched && newest.revision !== own && phase.kind !== 'writing' ? newest.revision : null,
  };
}

function weightsOf(draft: Draft): number[] {
  return apportion(
    draft.choices.map((choice) => choice.weight),
    100,
  );
}

/** The weights by version, where the new base may have other versions or another order. */
function carried(from: Draft, weights: readonly number[], to: Draft): number[] {
  const byVersion = new Map(from.choices.map((choice, index) => [choice.version, weights[index] ?? 0]));
  return apportion(
    to.choices.map((choice) => byVersion.get(choice.version) ?? 0),
    100,
  );
}
