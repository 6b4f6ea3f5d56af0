/** A trace in a line of a list: one bar on a scale shared by the list. */
import type { TraceSummary } from '@heddle/schema';

export function TraceBar({ trace, longestMs }: { trace: TraceSummary; longestMs: number }) {
  const share = longestMs === 0 ? 0 : Math.max(0.02, trace.durationMs / longestMs);
  return (
    <span className="trace-bar" aria-hidden="true">
      <i style={{ width: `${share * 100}%` }} className={trace.errorCount > 0 ? 'is-failing' : ''} />
    </span>
  );
}
