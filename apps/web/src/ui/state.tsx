/** A state is always three things: a glyph, a word and, only when it is bad, a colour. */
import type { HealthState } from '@heddle/schema';
import { Icon, type IconName } from './icon.tsx';

export const stateWord: Record<HealthState, string> = {
  ok: 'OK',
  degraded: 'Degraded',
  failing: 'Failing',
  unknown: 'No data',
};

/** Trouble first: the order in which lists are sorted by state. */
export const stateRank: Record<HealthState, number> = { failing: 0, degraded: 1, unknown: 2, ok: 3 };

const glyph: Record<HealthState, IconName> = {
  ok: 'ok',
  degraded: 'degraded',
  failing: 'failing',
  unknown: 'unknown',
};

export function StateGlyph({ state, size = 14 }: { state: HealthState; size?: number }) {
  return (
    <span className={`state-glyph state-${state}`} title={stateWord[state]}>
      <Icon name={glyph[state]} size={size} />
    </span>
  );
}

export function StateMark({ state }: { state: HealthState }) {
  return (
    <span className={`state-mark state-${state}`}>
      <Icon name={glyph[state]} size={13} />
      {stateWord[state]}
    </span>
  );
}
