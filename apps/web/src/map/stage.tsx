/**
 * The map itself: hulls, cytoscape's edges, particles, cards and pills, one over the other, all following one viewport.
 * The camera moves for people only: on load, on Fit, and when a panel takes or gives room to a view nobody has moved.
 */
import { useComputedColorScheme } from '@mantine/core';
import type { GraphNode } from '@heddle/schema';
import {
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
  type MouseEvent,
  type PointerEvent,
} from 'react';
import { Card, type Identity } from './cards.tsx';
import { Legend, Minimap, Zoom } from './corners.tsx';
import { Hulls } from './hulls.tsx';
import { mtlsOf, type Lens } from './model/encode.ts';
import { routeEdges } from './model/edge-paths.ts';
import { routedEdges, type MapView } from './model/view.ts';
import { Pills } from './pills.tsx';
import { useCamera } from './use-camera.ts';
import { useParticles } from './use-particles.ts';
import type { Placed } from './use-placement.ts';

export interface StageProps {
  readonly view: MapView;
  readonly placed: Placed;
  readonly lens: Lens;
  readonly selected: string | null;
  readonly found: ReadonlySet<string> | null;
  readonly identities: ReadonlyMap<string, Identity>;
  readonly compact: boolean;
  readonly onSelect: (edgeId: string | null) => void;
  readonly onOpen: (node: GraphNode) => void;
  readonly onTidy: () => void;
}

export function Stage({
  view,
  placed,
  lens,
  selected,
  found,
  identities,
  compact,
  onSelect,
  onOpen,
  onTidy,
}: StageProps) {
  const { placement, key, generation } = placed;
  const host = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const edges = useMemo(() => new Map(view.edges.map((edge) => [edge.id, edge])), [view.edges]);
  // The paths belong to a topology: a tick of metrics routes nothing.
  const routed = useKeyed(key, view, routedEdges);
  const paths = useMemo(() => routeEdges(placement, routed), [placement, routed]);
  const camera = useCamera(placement, generation);
  const { scene, onViewport, attach } = camera;
  const select = useEffectEvent(onSelect);

  useEffect(() => {
    const container = host.current;
    if (container === null) return;
    return attach(container, { onHover: setHovered, onSelect: (edgeId) => select(edgeId) });
  }, [attach]);
  useEffect(() => scene?.setTopology(placement, paths), [scene, placement, paths]);
  useEffect(
    () => scene?.setLook(edges, { lens, selected, found }),
    [scene, paths, edges, lens, selected, found],
  );
  const colorScheme = useComputedColorScheme('dark');
  useEffect(() => {
    // One frame later the attribute is on the root and the tokens have their new values.
    const frame = requestAnimationFrame(() => scene?.restyle());
    return () => cancelAnimationFrame(frame);
  }, [scene, colorScheme]);
  const dots = useParticles(onViewport, paths, edges, { hovered, selected });

  // A drag that pans the map from a card ends on that card: it is not a click.
  const pressed = useRef({ x: 0, y: 0 });
  const press = (event: PointerEvent) => {
    pressed.current = { x: event.clientX, y: event.clientY };
  };
  const clickOnly = (event: MouseEvent) => {
    const byPointer = event.detail > 0;
    const { x, y } = pressed.current;
    if (byPointer && Math.hypot(event.clientX - x, event.clientY - y) > 4) event.stopPropagation();
  };

  const touched = new Set([hovered, selected].flatMap((id) => (id === null ? [] : id.split('->'))));
  const dimmed = found === null ? null : new Set([...found].flatMap((id) => id.split('->')));
  const encrypted = useMemo(() => encryptedNamespaces(view), [view]);
  return (
    <div className="stage">
      <div className="layer hull-layer" data-layer aria-hidden="true">
        {!view.collapsed && (
          <Hulls hulls={placement.hulls} nodes={view.nodes} lens={lens} encrypted={encrypted} />
        )}
      </div>
      <div ref={host} className="stage-host">
        <div className="layer card-layer" data-layer onPointerDownCapture={press} onClickCapture={clickOnly}>
          {view.nodes.map((node) => {
            const box = placement.cards.get(node.id);
            return box === undefined ? null : (
              <Card
                key={node.id}
                node={node}
                box={box}
                lens={lens}
                dim={dimmed !== null && !dimmed.has(node.id)}
                touched={touched.has(node.id)}
                identity={identities.get(node.id)}
                onOpen={onOpen}
              />
            );
          })}
          <Pills
            paths={paths}
            edges={edges}
            lens={lens}
            found={found}
            touched={hovered ?? selected}
            compact={compact}
            onSelect={onSelect}
          />
        </div>
        <canvas ref={dots} className="particles" aria-hidden="true" />
      </div>
      {!compact && <Legend lens={lens} />}
      {!compact && (
        <div className="corner">
          <Zoom
            onZoom={(factor) => scene?.zoomBy(factor)}
            onFit={() => {
              camera.fit(true);
              onTidy();
            }}
          />
          {scene !== null && (
            <Minimap
              placement={placement}
              nodes={view.nodes}
              edges={edges}
              scene={scene}
              onViewport={onViewport}
              onCentre={(point) => scene.centreOn(point)}
            />
          )}
        </div>
      )}
    </div>
  );
}

/** `make(value)` for the newest value whose key was new: equal keys give the same object. */
function useKeyed<V, T>(key: string, value: V, make: (value: V) => T): T {
  const [kept, setKept] = useState(() => ({ key, made: make(value) }));
  if (kept.key === key) return kept.made;
  const made = make(value);
  setKept({ key, made });
  return made;
}

function encryptedNamespaces(view: MapView): ReadonlySet<string> {
  const bad = new Set<string>();
  const home = new Map(view.nodes.map((node) => [node.id, node.namespace]));
  for (const edge of view.edges) if (mtlsOf(edge) !== 'full') bad.add(home.get(edge.target) ?? '');
  return new Set(view.nodes.map((node) => node.namespace).filter((namespace) => !bad.has(namespace)));
}
