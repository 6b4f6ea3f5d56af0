/** A figure with its unit set small, so that a column of them is read by its digits. */
import type { Figure } from '../format/number.ts';

export function Value({ of }: { of: Figure }) {
  return (
    <>
      {of.value}
      {of.unit !== '' && <span className="unit">{of.unit}</span>}
    </>
  );
}
