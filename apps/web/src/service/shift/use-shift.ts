/** The life of one shift: a base, weights drafted on it, a write, and what came of it. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { apportion } from '../model/weights.ts';
import type { Draft } from '../model/draft.ts';

export type Phase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'writing' }
  | { readonly kind: 'refused'; readonly error: unknown }
  /** `undoes` is the revision that this one rolled back, null for a shift. */
  | { readonly kind: 'applied'; readonly revision: number; readonly undoes: number | null };

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
  const queries = useQueryClient();
  const [base, setBase] = useState(newest);
  const [weights, setWeights] = useState(() => weightsOf(newest));
  const [phase, setPhase] = useState<Phase>({ kind: 'idle' });
  /** A revision of our own making that the polled service does not show yet, or does not show any more. */
  const [own, setOwn] = useState<number | null>(null);

  const moved = newest.revision !== base.revision;
  const untouched = weights.join() === weightsOf(base).join();
  // Nothing is lost by following when nothing was drafted, or when it is our own write that arrives.
  if (moved && (untouched || newest.revision === own) && phase.kind !== 'writing') {
    setBase(newest);
    setWeights(weightsOf(newest));
  }

  const refresh = async () => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: ['service', newest.key.namespace] }),
      queries.invalidateQueries({ queryKey: ['changes'] }),
    ]);
  };
  const write = async (
    made: () => Promise<{ revision: number }>,
    undoes: number | null,
  ): Promise<boolean> => {
    setPhase({ kind: 'writing' });
    let taken = false;
    try {
      const { revision } = await made();
      setOwn(revision);
      setPhase({ kind: 'applied', revision, undoes });
      taken = true;
    } catch (error) {
      setPhase({ kind: 'refused', error });
    }
    await refresh();
    return taken;
  };
  return {
    base,
    weights,
    setWeights: (next) => {
      setWeights(next);
      if (phase.kind === 'refused') setPhase({ kind: 'idle' });
    },
    rebase: () => {
      setWeights(carried(base, weights, newest));
      setBase(newest);
      setPhase({ kind: 'idle' });
    },
    phase,
    apply: (yaml, reason) => write(() => api.write(base.key, yaml, base.revision, reason), null),
    rollback: (revision) => void write(() => api.rollback(revision, `undo of r${revision}`), revision),
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
