/**
 * cytoscape as the map's model: it holds nodes and edges, draws the edges, owns the viewport and says what is under the
 * pointer. Positions and paths are given; it is sent differences only, in one batch a tick.
 */
import cytoscape from 'cytoscape';
import type { GraphEdge } from '@heddle/schema';
import { edgeMark, type EdgeMark, type Lens } from './model/encode.ts';
import type { Path } from './model/edge-paths.ts';
import type { Box, Point } from './model/geometry.ts';
import type { Placement } from './model/placement.ts';
import { pathData } from './path-data.ts';
import { sceneStyle } from './scene-style.ts';

export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface SceneEvents {
  readonly onHover: (edgeId: string | null) => void;
  readonly onSelect: (edgeId: string | null) => void;
  readonly onViewport: (viewport: Viewport, byUser: boolean) => void;
}

export interface EdgeLook {
  readonly lens: Lens;
  readonly selected: string | null;
  /** null: nothing is sought, all are shown alike. */
  readonly found: ReadonlySet<string> | null;
}

const widePadding = 28;
const narrowPadding = 10;
const largestFit = 1.15;
/** From so many lines on, those that are well step back: what is wrong must be found at a glance. */
const denseFrom = 80;

export class MapScene {
  readonly #cy: cytoscape.Core;
  readonly #marks = new Map<string, string>();
  #paths: readonly Path[] = [];
  #moving = false;

  constructor(container: HTMLElement, events: SceneEvents) {
    this.#cy = cytoscape({
      container,
      style: sceneStyle(),
      layout: { name: 'preset' },
      minZoom: 0.08,
      maxZoom: 2.5,
      autoungrabify: true,
      autounselectify: true,
      boxSelectionEnabled: false,
      // The cards lie in a layer of ours: cytoscape's own nodes are there to be hit.
      styleEnabled: true,
    });
    this.#cy.on('mouseover', 'edge', (event) => events.onHover(event.target.data('edge')));
    this.#cy.on('mouseout', 'edge', () => events.onHover(null));
    this.#cy.on('tap', 'edge', (event) => events.onSelect(event.target.data('edge')));
    this.#cy.on('tap', (event) => {
      if (event.target === this.#cy) events.onSelect(null);
    });
    this.#cy.on('viewport', () => events.onViewport(this.viewport(), !this.#moving));
  }

  destroy(): void {
    this.#cy.destroy();
  }

  viewport(): Viewport {
    const { x, y } = this.#cy.pan();
    return { x, y, zoom: this.#cy.zoom() };
  }

  /** Another theme, the same scene: colours are read from the tokens again. */
  restyle(): void {
    this.#cy.style(sceneStyle());
  }

  resize(): void {
    this.#cy.resize();
  }

  /** Nodes and paths as they are now; what stays keeps its element. */
  setTopology(placement: Placement, paths: readonly Path[]): void {
    const cy = this.#cy;
    this.#paths = paths;
    const wanted = new Map(paths.map((path) => [path.id, path]));
    cy.batch(() => {
      cy.edges()
        .filter((edge) => !wanted.has(edge.id()))
        .forEach((edge) => {
          this.#marks.delete(edge.id());
          edge.remove();
        });
      cy.nodes()
        .filter((node) => !placement.cards.has(node.id()))
        .remove();
      for (const [id, box] of placement.cards) this.#putNode(id, box);
      for (const path of paths) this.#putEdge(path, placement);
    });
  }

  #putNode(id: string, box: Box): void {
    const node = this.#cy.getElementById(id);
    const position = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    if (node.empty()) {
      this.#cy.add({ group: 'nodes', data: { id, w: box.width, h: box.height }, position, pannable: true });
    } else {
      node.data({ w: box.width, h: box.height });
      node.position(position);
    }
  }

  #putEdge(path: Path, placement: Placement): void {
    const ends = endsOf(path.edge);
    const source = placement.cards.get(ends.source);
    const target = placement.cards.get(ends.target);
    if (source === undefined || target === undefined) return;
    const data = { ...pathData(path, source, target), edge: path.edge };
    const edge = this.#cy.getElementById(path.id);
    if (edge.empty()) {
      this.#cy.add({
        group: 'edges',
        data: {
          ...data,
          id: path.id,
          ...ends,
          tone: 'rest',
          width: 1,
          line: 'full',
          dim: 0,
          faint: 0,
          picked: 0,
        },
      });
    } else {
      edge.data(data);
    }
  }

  /** Sends what is drawn differently than before; metrics that fall into the same marks cost nothing. */
  setLook(edges: ReadonlyMap<string, GraphEdge>, look: EdgeLook): void {
    const dense = this.#paths.length > denseFrom;
    this.#cy.batch(() => {
      for (const path of this.#paths) {
        const edge = edges.get(path.edge);
        if (edge === undefined) continue;
        const mark =
          path.strand === null ? edgeMark(edge, look.lens) : strandMark(edge, path.strand, look.lens);
        const dim = look.found !== null && !look.found.has(edge.id) ? 1 : 0;
        const picked = look.selected === edge.id ? 1 : 0;
        const faint = dense && mark.tone === 'rest' && picked === 0 ? 1 : 0;
        const key = `${mark.tone} ${mark.width} ${mark.line} ${dim} ${picked} ${faint}`;
        if (this.#marks.get(path.id) === key) continue;
        this.#marks.set(path.id, key);
        this.#cy.getElementById(path.id).data({ ...mark, dim, picked, faint });
      }
    });
  }

  fit(box: Box, animate: boolean): void {
    const cy = this.#cy;
    const padding = cy.width() < 500 ? narrowPadding : widePadding;
    const width = cy.width() - 2 * padding;
    const height = cy.height() - 2 * padding;
    if (width <= 0 || height <= 0 || box.width === 0) return;
    const zoom = Math.min(
      largestFit,
      Math.max(cy.minZoom(), Math.min(width / box.width, height / box.height)),
    );
    const pan = {
      x: (cy.width() - box.width * zoom) / 2 - box.x * zoom,
      y: (cy.height() - box.height * zoom) / 2 - box.y * zoom,
    };
    this.#move(zoom, pan, animate);
  }

  zoomBy(factor: number): void {
    const cy = this.#cy;
    cy.zoom({ level: cy.zoom() * factor, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
  }

  centreOn(point: Point): void {
    const zoom = this.#cy.zoom();
    this.#cy.pan({ x: this.#cy.width() / 2 - point.x * zoom, y: this.#cy.height() / 2 - point.y * zoom });
  }

  size(): { width: number; height: number } {
    return { width: this.#cy.width(), height: this.#cy.height() };
  }

  #move(zoom: number, pan: Point, animate: boolean): void {
    this.#moving = true;
    if (!animate || matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.#cy.viewport({ zoom, pan });
      this.#moving = false;
      return;
    }
    this.#cy.stop();
    this.#cy.animate({
      zoom,
      pan,
      duration: 220,
      easing: 'ease-out-cubic',
      complete: () => {
        this.#moving = false;
      },
    });
  }
}

/** A strand has the width of its version's part and the tone of its version's state. */
function strandMark(edge: GraphEdge, version: string, lens: Lens): EdgeMark {
  const part = edge.versions?.find((share) => share.version === version);
  if (part === undefined || part.n === 0)
    return { ...edgeMark({ ...edge, rps: 0, state: 'ok' }, lens), width: 1, tone: 'unknown' };
  return edgeMark({ ...edge, rps: part.rps, state: part.state, p95Ms: part.p95Ms, n: part.n }, lens);
}

function endsOf(edgeId: string): { source: string; target: string } {
  const arrow = edgeId.indexOf('->');
  return { source: edgeId.slice(0, arrow), target: edgeId.slice(arrow + 2) };
}
