/** From figures to marks: the few widths, tones and line styles an edge can have. Drawn again only when one changes. */
import type { GraphEdge, HealthState } from '@heddle/schema';

export type Lens = 'health' | 'latency' | 'traffic' | 'security';
export const lenses: readonly Lens[] = ['health', 'latency', 'traffic', 'security'];

export type Mtls = 'full' | 'partial' | 'plaintext';
export type Tone = 'rest' | 'steady' | 'strong' | 'degraded' | 'failing' | 'unknown';

export interface EdgeMark {
  readonly width: number;
  readonly tone: Tone;
  readonly line: Mtls;
}

const widths = [1, 1.5, 2.25, 3, 4] as const;

/** Five widths in half decades of requests per second: below 1, 3.16, 10, 31.6, and above. */
export function edgeWidth(rps: number): number {
  if (rps <= 0) return widths[0];
  const step = Math.floor(2 * Math.log10(rps)) + 1;
  return widths[Math.min(4, Math.max(0, step))] ?? widths[0];
}

/** Only all requests make it full: the rest would be a lock that lies. */
export function mtlsOf(edge: Pick<GraphEdge, 'mtlsRatio' | 'n'>): Mtls {
  if (edge.mtlsRatio >= 1 || edge.n === 0) return 'full';
  return edge.mtlsRatio > 0 ? 'partial' : 'plaintext';
}

/** Latency in a ramp of one hue, since no number is bad by itself: 0 up to 10 ms, 1 up to 100 ms, 2 up to 1 s, 3 above. */
export function latencyStep(p95Ms: number | null): 0 | 1 | 2 | 3 {
  if (p95Ms === null || p95Ms < 10) return 0;
  if (p95Ms < 100) return 1;
  return p95Ms < 1000 ? 2 : 3;
}

const stateTone: Record<HealthState, Tone> = {
  ok: 'rest',
  degraded: 'degraded',
  failing: 'failing',
  unknown: 'unknown',
};
const latencyTone = ['rest', 'steady', 'strong', 'degraded'] as const;

export function edgeMark(edge: GraphEdge, lens: Lens): EdgeMark {
  const line = mtlsOf(edge);
  return {
    width: edgeWidth(edge.rps),
    line,
    tone: edge.n === 0 && edge.state === 'ok' ? 'unknown' : toneOf(edge, lens, line),
  };
}

function toneOf(edge: GraphEdge, lens: Lens, line: Mtls): Tone {
  switch (lens) {
    case 'health':
      return stateTone[edge.state];
    case 'latency':
      return edge.state === 'failing' ? 'failing' : latencyTone[latencyStep(edge.p95Ms)];
    case 'traffic':
      return edge.state === 'failing' ? 'failing' : 'steady';
    case 'security':
      return line === 'full' ? 'rest' : line === 'partial' ? 'degraded' : 'failing';
  }
}
