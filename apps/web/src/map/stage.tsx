/**
 * The map itself: hulls, cytoscape's edges, particles, cards and pills, one over the other, all following one viewport.
 * The camera moves for people only: on load, on Fit, and when a panel takes or gives room to a view nobody has moved.
 */
import { useMantineColorScheme } from '@mantine/core';
import type { GraphEdge, GraphNode } from '@heddle/schema';
import {
  useCallback,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
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
import { routeEdges, type Path } from './model/edge-routes.ts';
import { extent, type Placement } from './model/layout.ts';
import { routedEdges, type MapView } from './model/view.ts';
import { Particles } from './particles.ts';
import { Pills } from './pills.tsx';
import { MapScene, type Viewport } from './scene.ts';
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
  const { colorScheme } = useMantineColorScheme();
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

interface CameraEvents {
  readonly onHover: (edgeId: string | null) => void;
  readonly onSelect: (edgeId: string | null) => void;
}

/** The scene and its viewport. Layers are moved by style, outside React: panning renders no component. */
function useCamera(placement: Placement, generation: number) {
  const [scene, setScene] = useState<MapScene | null>(null);
  const listeners = useRef(new Set<(viewport: Viewport) => void>());
  const movedByHand = useRef(false);
  const box = useRef(extent(placement));
  useLayoutEffect(() => {
    box.current = extent(placement);
  }, [placement]);

  const [{ attach, onViewport }] = useState(() => ({
    onViewport: (listener: (viewport: Viewport) => void) => {
      listeners.current.add(listener);
      return () => {
        listeners.current.delete(listener);
      };
    },
    attach: (container: HTMLElement, events: CameraEvents) => {
      const layers = [...(container.parentElement?.querySelectorAll<HTMLElement>('[data-layer]') ?? [])];
      const made = new MapScene(container, {
        ...events,
        onViewport: (viewport, byUser) => {
          if (byUser) movedByHand.current = true;
          publish(viewport);
        },
      });
      const publish = (viewport: Viewport) => {
        for (const layer of layers) {
          layer.style.transform = `translate(${viewport.x}px, ${viewport.y}px) scale(${viewport.zoom})`;
          layer.dataset['detail'] = viewport.zoom < 0.3 ? 'far' : viewport.zoom < 0.55 ? 'name' : 'full';
        }
        for (const listener of listeners.current) listener(viewport);
      };
      const resized = new ResizeObserver(() => {
        made.resize();
        if (!movedByHand.current) made.fit(box.current, false);
        publish(made.viewport());
      });
      resized.observe(container);
      setScene(made);
      return () => {
        resized.disconnect();
        made.destroy();
        setScene(null);
      };
    },
  }));

  useEffect(() => {
    if (scene === null) return;
    movedByHand.current = false;
    scene.fit(box.current, false);
  }, [scene, generation]);

  return {
    scene,
    attach,
    onViewport,
    fit: (animate: boolean) => {
      movedByHand.current = false;
      scene?.fit(box.current, animate);
    },
  };
}

/** @returns the ref of the canvas they run on */
function useParticles(
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
