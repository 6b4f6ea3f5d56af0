/** The placement of a view: asked of the worker when the topology changes, and only then. */
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import type { LayoutAnswer, LayoutQuestion } from './model/layout.worker.ts';
import type { Measures, Placement } from './model/placement.ts';
import { isComplete, isOutgrown } from './model/settle.ts';
import { layoutNodes, topologyKey, type MapView } from './model/view.ts';

export interface Placed {
  readonly placement: Placement;
  /** The topology it was made for. */
  readonly key: string;
  /** Counts placements made from nothing: then the camera is fitted. */
  readonly generation: number;
}

/** A mesh that is still starting is placed anew as its calls become known, for so long after the map was opened. */
const settlingMs = 30_000;

/** `fresh` starts over when it changes: another level, another scope, or a person who asks to tidy up. */
export function usePlacement(view: MapView | null, measures: Measures, fresh: string): Placed | null {
  const [placed, setPlaced] = useState<Placed | null>(null);
  const asked = useRef({ id: 0, fresh: '', generation: 0, complete: true });
  const [openedAt] = useState(() => performance.now());
  const worker = useRef<Worker | null>(null);
  const latest = useRef<Placed | null>(null);
  useEffect(() => {
    const made = new Worker(new URL('./model/layout.worker.ts', import.meta.url), { type: 'module' });
    worker.current = made;
    return () => {
      made.terminate();
      worker.current = null;
    };
  }, []);
  const key = view === null ? null : topologyKey(view);
  const currentView = useEffectEvent(() => view);
  useEffect(() => {
    const made = worker.current;
    const now = currentView();
    if (made === null || now === null || key === null) return;
    const nodes = layoutNodes(now);
    const edges = now.edges.map(({ source, target }) => ({ source, target }));
    const settling = !asked.current.complete && performance.now() - openedAt < settlingMs;
    const kept = latest.current?.placement;
    const startOver =
      asked.current.fresh !== fresh || settling || (kept !== undefined && isOutgrown(kept, edges));
    const previous = startOver ? undefined : kept;
    const id = asked.current.id + 1;
    const generation = asked.current.generation + (startOver ? 1 : 0);
    asked.current = { id, fresh, generation, complete: isComplete(nodes, edges) };
    const answered = (event: MessageEvent<LayoutAnswer>) => {
      if (event.data.id !== id) return;
      latest.current = { placement: event.data.placement, key, generation };
      setPlaced(latest.current);
    };
    made.addEventListener('message', answered);
    const question: LayoutQuestion = {
      id,
      nodes,
      edges,
      measures,
      previous,
    };
    made.postMessage(question);
    return () => made.removeEventListener('message', answered);
  }, [key, measures, fresh, openedAt]);
  return placed;
}
