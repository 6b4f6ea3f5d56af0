/** Words on edges: the share at a fork, what is wrong where something is, plaintext, and the lens's figure. Nothing else at rest. */
import type { GraphEdge } from '@heddle/schema';
import { duration, inline, percent, rate } from '../format/number.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { mtlsOf, type Lens } from './model/encode.ts';
import type { Point } from './model/geometry.ts';
import { samplePath, type Path } from './model/edge-paths.ts';

export interface PillsProps {
  readonly paths: readonly Path[];
  readonly edges: ReadonlyMap<string, GraphEdge>;
  readonly lens: Lens;
  /** null: nothing is sought. Else edges beside it say nothing. */
  readonly found: ReadonlySet<string> | null;
  /** Hovered or selected: its figure is shown whatever the lens. */
  readonly touched: string | null;
  /** Edges too short for words: the list below says it. */
  readonly compact: boolean;
  readonly onSelect: (edgeId: string) => void;
}

interface Pill {
  readonly tone: 'plain' | 'degraded' | 'failing';
  readonly icon: IconName | null;
  readonly text: string;
}

export function Pills({ paths, edges, lens, found, touched, compact, onSelect }: PillsProps) {
  const byEdge = Map.groupBy(paths, (path) => path.edge);
  return [...byEdge].map(([id, strands]) => {
    const edge = edges.get(id);
    const first = strands[Math.floor((strands.length - 1) / 2)];
    if (edge === undefined || first === undefined) return null;
    if (compact || found?.has(id) === false) return null;
    const forked = strands.length > 1 && edge.n > 0;
    // On a fork every strand says its share, and the rows of the card the rest.
    const pill = pillOf(edge, lens, touched === id && !forked);
    const at = forked ? belowFork(strands) : samplePath(first, 20)[10];
    return (
      <div key={id}>
        {forked && strands.map((strand) => <Share key={strand.id} path={strand} edge={edge} />)}
        {pill !== null && at !== undefined && (
          <button
            type="button"
            tabIndex={-1}
            className={`pill is-${pill.tone}`}
            style={{ left: at.x, top: at.y }}
            onClick={() => onSelect(id)}
          >
            {pill.icon !== null && <Icon name={pill.icon} size={11} />}
            {pill.text}
          </button>
        )}
      </div>
    );
  });
}

/** Under the lowest strand: above it stand the shares. */
function belowFork(strands: readonly Path[]): Point {
  const lowest = strands.reduce((a, b) => (b.to.y > a.to.y ? b : a));
  return { x: (lowest.from.x + lowest.to.x) / 2, y: lowest.to.y + 18 };
}

function Share({ path, edge }: { path: Path; edge: GraphEdge }) {
  const part = edge.versions?.find((version) => version.version === path.strand);
  if (part === undefined || part.n === 0) return null;
  return (
    <span className={`share is-${part.state}`} style={{ left: path.to.x - 8, top: path.to.y - 16 }}>
      {inline(percent(part.share))}
    </span>
  );
}

function pillOf(edge: GraphEdge, lens: Lens, touched: boolean): Pill | null {
  if (edge.n === 0) return touched ? { tone: 'plain', icon: null, text: 'no traffic' } : null;
  const mtls = mtlsOf(edge);
  if (lens === 'security') {
    if (mtls === 'plaintext') return { tone: 'failing', icon: 'unlock', text: 'Plaintext' };
    if (mtls === 'partial')
      return { tone: 'degraded', icon: 'unlock', text: `${inline(percent(edge.mtlsRatio))} mTLS` };
    return touched ? { tone: 'plain', icon: 'lock', text: '100 % mTLS' } : null;
  }
  if (edge.state === 'failing' || edge.state === 'degraded') {
    return {
      tone: edge.state,
      icon: edge.state,
      text: edge.errors > 0 ? inline(percent(edge.errorRatio)) : inline(duration(edge.p99Ms)),
    };
  }
  if (lens === 'latency' && edge.p95Ms !== null)
    return { tone: 'plain', icon: null, text: `p95 ${inline(duration(edge.p95Ms))}` };
  if (lens === 'traffic' || touched)
    return { tone: 'plain', icon: mtls === 'full' ? null : 'unlock', text: inline(rate(edge.rps)) };
  if (mtls === 'plaintext') return { tone: 'plain', icon: 'unlock', text: 'Plaintext' };
  if (mtls === 'partial')
    return { tone: 'plain', icon: 'unlock', text: `${inline(percent(edge.mtlsRatio))} mTLS` };
  return null;
}
