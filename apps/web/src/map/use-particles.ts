/** Which edges have particles, and the canvas they run on. */
import type { GraphEdge } from '@heddle/schema';
import { useCallback, useEffect, useEffectEvent, useState } from 'react';
import type { Path } from './model/edge-paths.ts';
import { Particles } from './particles.ts';
import type { Viewport } from './scene.ts';

/** @returns the ref of the canvas they run on */
export function useParticles(
  onViewport: (listener: (viewport: Viewport) => void) => () => void,
  paths: readonly Path[],
  edges: ReadonlyMap<string, GraphEdge>,
  active: { hovered: string | null; selected: string | null },
): (canvas: HTMLCanvasElement | null) => void {
  const [particles, setParticles] = useState<Particles | null>(null);
  const attach = useCallback(
    (canvas: HTMLCanvasElement | null) => {
      if (canvas === null) return;
      const made = new Particles(canvas, Math.random);
      const unsubscribe = onViewport((viewport) => made.setViewport(viewport));
      setParticles(made);
      return () => {
        unsubscribe();
        made.destroy();
      };
    },
    [onViewport],
  );
  const { hovered, selected } = active;
  const streams = paths.flatMap((path) => {
    const edge = edges.get(path.edge);
    if (edge === undefined) return [];
    if (edge.id !== hovered && edge.id !== selected && edge.state !== 'failing') return [];
    const part =
      path.strand === null ? edge : edge.versions?.find((version) => version.version === path.strand);
    return part === undefined
      ? []
      : [{ path, rps: Math.round(part.rps), errorRatio: Math.round(part.errorRatio * 20) / 20 }];
  });
  // A stream is set anew only when its path or its rounded figures change: the dots then flow on undisturbed.
  const key = streams.map((stream) => `${stream.path.id} ${stream.rps} ${stream.errorRatio}`).join('|');
  const current = useEffectEvent(() => streams);
  useEffect(() => particles?.setStreams(current()), [particles, paths, key]);
  return attach;
}
