/** Badges of a document: a word, and the sentence behind it. */
import type { Badge } from './model/badges.ts';

const tones = { failing: 'is-failing', degraded: 'is-degraded', plain: '' } as const;

export function Badges({ badges }: { badges: readonly Badge[] }) {
  return (
    <span className="badges">
      {badges.map(({ code, label, sentence, tone }) => (
        <span key={code} className={`chip ${tones[tone]}`} title={sentence}>
          {label}
        </span>
      ))}
    </span>
  );
}
