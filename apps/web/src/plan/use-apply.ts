/** The life of a write: made, refused or taken, and rolled back. Whatever shows configuration reads it again afterwards. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../api/client.ts';

export type Phase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'writing' }
  | { readonly kind: 'refused'; readonly error: unknown }
  /** `undoes` is the revision that this one rolled back, null for a new text. */
  | { readonly kind: 'applied'; readonly revision: number; readonly undoes: number | null };

export interface Apply {
  readonly phase: Phase;
  /** Resolves to the revision that was made, null when it was refused. */
  readonly write: (made: () => Promise<{ revision: number }>) => Promise<number | null>;
  readonly rollback: (revision: number) => Promise<number | null>;
  readonly reset: () => void;
}

/** What a write can change on screen. */
const dependents = ['configs', 'config', 'changes', 'service', 'why'] as const;

export function useApply(): Apply {
  const queries = useQueryClient();
  const [phase, setPhase] = useState<Phase>({ kind: 'idle' });
  const run = async (made: () => Promise<{ revision: number }>, undoes: number | null) => {
    setPhase({ kind: 'writing' });
    let taken: number | null = null;
    try {
      const { revision } = await made();
      taken = revision;
      setPhase({ kind: 'applied', revision, undoes });
    } catch (error) {
      setPhase({ kind: 'refused', error });
    }
    for (const key of dependents) void queries.invalidateQueries({ queryKey: [key] });
    return taken;
  };
  return {
    phase,
    write: (made) => run(made, null),
    rollback: (revision) => run(() => api.rollback(revision, `undo of r${revision}`), revision),
    reset: () => setPhase({ kind: 'idle' }),
  };
}
