/** What stands in the corners of the map: legend, zoom and minimap. */
import { useEffect, useRef, useState, type PointerEvent } from 'react';
import type { GraphEdge, GraphNode } from '@heddle/schema';
import { Icon } from '../ui/icon.tsx';
import type { Lens } from './model/encode.ts';
import type { Point } from './model/geometry.ts';
import { extent } from './model/layout.ts';
import type { Placement } from './model/placement.ts';
import type { MapScene, Viewport } from './scene.ts';

const lines: Record<Lens, readonly { readonly className: string; readonly text: string }[]> = {
  health: [
    { className: 'is-rest', text: 'Steady' },
    { className: 'is-degraded', text: '▲ Degraded' },
    { className: 'is-failing', text: '✕ Failing' },
  ],
  latency: [
    { className: 'is-rest', text: 'p95 below 10 ms' },
    { className: 'is-steady', text: 'below 100 ms' },
    { className: 'is-strong', text: 'below 1 s' },
    { className: 'is-degraded', text: '▲ 1 s and more' },
  ],
  traffic: [
    { className: 'is-thin', text: 'below 1 rps' },
    { className: 'is-steady', text: 'below 10 rps' },
    { className: 'is-thick', text: '31.6 rps and more' },
  ],
  security: [],
};

const mtlsLines = (loud: boolean) => [
  { className: 'is-steady', text: '100 % mTLS' },
  { className: loud ? 'is-dashed is-degraded' : 'is-dashed', text: 'Partial mTLS' },
  { className: loud ? 'is-dotted is-failing' : 'is-dotted', text: 'Plaintext' },
];

export function Legend({ lens }: { lens: Lens }) {
  const [open, setOpen] = useState(true);
  const parts = lens === 'security' ? [mtlsLines(true)] : [lines[lens], mtlsLines(false)];
  return (
    <section className="legend" aria-label="Legend">
      <button type="button" className="legend-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        Legend <Icon name="chevron" size={12} />
      </button>
      {open &&
        parts.map((part, index) => (
          <ul key={index}>
            {part.map((line) => (
              <li key={line.text}>
                <i className={line.className} />
                {line.text}
              </li>
            ))}
          </ul>
        ))}
    </section>
  );
}

export interface ZoomProps {
  readonly onZoom: (factor: number) => void;
  readonly onFit: () => void;
}

export function Zoom({ onZoom, onFit }: ZoomProps) {
  return (
    <div className="zoom" role="group" aria-label="Zoom">
      <button type="button" aria-label="Zoom in" onClick={() => onZoom(1.25)}>
        <Icon name="plus" size={14} />
      </button>
      <button type="button" aria-label="Zoom out" onClick={() => onZoom(0.8)}>
        <Icon name="minus" size={14} />
      </button>
      <button type="button" aria-label="Fit and tidy up" onClick={onFit}>
        <Icon name="fit" size={14} />
      </button>
    </div>
  );
}

export interface MinimapProps {
  readonly placement: Placement;
  readonly nodes: readonly GraphNode[];
  readonly edges: ReadonlyMap<string, GraphEdge>;
  readonly scene: MapScene;
  readonly onViewport: (listener: (viewport: Viewport) => void) => () => void;
  readonly onCentre: (point: Point) => void;
}

/** Everything at a glance; the frame is what the map shows. Pointing moves the camera: the keyboard has Fit and zoom. */
export function Minimap({ placement, nodes, edges, scene, onViewport, onCentre }: MinimapProps) {
  const frame = useRef<SVGRectElement>(null);
  const all = extent(placement);
  const pad = 20;
  const states = new Map(nodes.map((node) => [node.id, node.state]));
  useEffect(
    () =>
      onViewport(({ x, y, zoom }) => {
        const { width, height } = scene.size();
        const rect = frame.current;
        if (rect === null) return;
        rect.setAttribute('x', String(-x / zoom));
        rect.setAttribute('y', String(-y / zoom));
        rect.setAttribute('width', String(width / zoom));
        rect.setAttribute('height', String(height / zoom));
      }),
    [onViewport, scene],
  );
  const point = (event: PointerEvent<SVGSVGElement>) => {
    if (event.buttons !== 1) return;
    const matrix = event.currentTarget.getScreenCTM();
    if (matrix === null) return;
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    onCentre({ x: at.x, y: at.y });
  };
  const centre = (id: string): Point | null => {
    const box = placement.cards.get(id);
    return box === undefined ? null : { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  return (
    <svg
      className="minimap"
      viewBox={`${all.x - pad} ${all.y - pad} ${all.width + 2 * pad} ${all.height + 2 * pad}`}
      aria-hidden="true"
      onPointerDown={point}
      onPointerMove={point}
    >
      {placement.hulls.map((hull, index) => (
        <rect
          key={index}
          className="minimap-hull"
          x={hull.x}
          y={hull.y}
          width={hull.width}
          height={hull.height}
          rx={10}
        />
      ))}
      {[...edges.values()].map((edge) => {
        const from = centre(edge.source);
        const to = centre(edge.target);
        const loud = edge.state === 'failing' || edge.state === 'degraded';
        return from === null || to === null ? null : (
          <line
            key={edge.id}
            className={loud ? `is-${edge.state}` : ''}
            x1={from.x}
            y1={from.y}
            x2={to.x}
            y2={to.y}
          />
        );
      })}
      {[...placement.cards].map(([id, box]) => (
        <rect
          key={id}
          className={`minimap-card is-${states.get(id) ?? 'unknown'}`}
          x={box.x}
          y={box.y}
          width={box.width}
          height={box.height}
          rx={4}
        />
      ))}
      <rect ref={frame} className="minimap-frame" />
    </svg>
  );
}
