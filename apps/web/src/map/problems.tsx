/** The map on a phone, in words: one sentence above it, and below it what is wrong before what is not. */
import type { GraphEdge } from '@heddle/schema';
import { count, inline, percent, rate } from '../format/number.ts';
import { shortName } from '../format/name.ts';
import { Icon } from '../ui/icon.tsx';
import { stateRank, stateWord } from '../ui/state.tsx';
import { mtlsOf } from './model/encode.ts';

function Headline({ edges }: { edges: readonly GraphEdge[] }) {
  const number = (state: GraphEdge['state']) => edges.filter((edge) => edge.state === state).length;
  const failing = number('failing');
  const degraded = number('degraded');
  const bad =
    failing > 0
      ? `${failing} ${failing === 1 ? 'edge' : 'edges'} failing`
      : degraded > 0
        ? `${degraded} degraded`
        : 'All edges steady';
  // What enters the mesh: further in, one request is counted once a hop.
  const called = new Set(edges.map((edge) => edge.target));
  const rps = edges.filter((edge) => !called.has(edge.source)).reduce((sum, edge) => sum + edge.rps, 0);
  return (
    <div className="headline">
      <p className="headline-text">{bad}</p>
      <p className="soft">
        {inline(rate(rps))} come in. {number('ok')} of {edges.length} edges steady.
      </p>
    </div>
  );
}

function List({ edges, onSelect }: { edges: readonly GraphEdge[]; onSelect: (edgeId: string) => void }) {
  const sorted = edges.toSorted((a, b) => stateRank[a.state] - stateRank[b.state] || b.rps - a.rps);
  return (
    <ul className="problems" aria-label="Edges, trouble first">
      {sorted.map((edge) => {
        const mtls = mtlsOf(edge);
        return (
          <li key={edge.id}>
            <button type="button" className="problem" onClick={() => onSelect(edge.id)}>
              <span className={`state-${edge.state}`}>
                <Icon
                  name={edge.state === 'ok' ? (mtls === 'full' ? 'lock' : 'unlock') : edge.state}
                  size={18}
                />
              </span>
              <span className="problem-name">
                {shortName(edge.source)} <span className="faint">→</span> {shortName(edge.target)}
              </span>
              <span className="problem-note">
                {edge.state === 'ok' ? '' : `${stateWord[edge.state]}, `}
                {edge.n === 0
                  ? 'no traffic'
                  : mtls === 'full'
                    ? '100 % mTLS'
                    : mtls === 'plaintext'
                      ? 'plaintext'
                      : 'partly mTLS'}
              </span>
              <span className={`problem-value ${edge.state === 'ok' ? '' : `state-${edge.state}`}`}>
                {edge.errors > 0 ? inline(percent(edge.errorRatio)) : inline(rate(edge.rps))}
              </span>
              <span className="problem-n">n {count(edge.n)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

export const Problems = { Headline, List };
