/**
 * Requests as they travel, on a canvas over the map: only along edges that are hovered, selected or failing. A request
 * that fails bounces back as a ring. The loop runs only while there is something to move and somebody to see it.
 */
import { samplePath, type Path } from './model/edge-paths.ts';
import type { Point } from './model/geometry.ts';
import type { Viewport } from './scene.ts';

export interface Stream {
  readonly path: Path;
  readonly rps: number;
  readonly errorRatio: number;
}

interface Particle {
  readonly points: readonly Point[];
  readonly bornMs: number;
  readonly fails: boolean;
}

const travelMs = 1300;
const frameMs = 33;
const cap = 200;
const steps = 48;

export class Particles {
  readonly #canvas: HTMLCanvasElement;
  readonly #random: () => number;
  #streams: { points: readonly Point[]; perSecond: number; errorRatio: number; nextMs: number }[] = [];
  #particles: Particle[] = [];
  #viewport: Viewport = { x: 0, y: 0, zoom: 1 };
  #frame = 0;
  #drawnAt = 0;
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');

  constructor(canvas: HTMLCanvasElement, random: () => number) {
    this.#canvas = canvas;
    this.#random = random;
    document.addEventListener('visibilitychange', this.#wake);
    this.#still.addEventListener('change', this.#wake);
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    document.removeEventListener('visibilitychange', this.#wake);
    this.#still.removeEventListener('change', this.#wake);
  }

  setStreams(streams: readonly Stream[]): void {
    const now = performance.now();
    this.#streams = streams
      .filter((stream) => stream.rps > 0)
      .map(({ path, rps, errorRatio }) => ({
        points: samplePath(path, steps),
        // Many requests share a dot: a busy edge must look busy, not solid.
        perSecond: Math.min(9, 1.2 + 2.2 * Math.log10(1 + rps)),
        errorRatio,
        nextMs: now + this.#random() * 300,
      }));
    this.#wake();
  }

  setViewport(viewport: Viewport): void {
    this.#viewport = viewport;
    this.#wake();
  }

  #wake = (): void => {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#tick);
  };

  #tick = (now: number): void => {
    this.#frame = 0;
    if (this.#still.matches) this.#particles = [];
    if (now - this.#drawnAt >= frameMs) {
      this.#drawnAt = now;
      this.#spawn(now);
      this.#draw(now);
    }
    const moving =
      !document.hidden && !this.#still.matches && (this.#streams.length > 0 || this.#particles.length > 0);
    if (moving) this.#frame = requestAnimationFrame(this.#tick);
  };

  #spawn(now: number): void {
    this.#particles = this.#particles.filter(
      (particle) => now - particle.bornMs < (particle.fails ? 2 : 1) * travelMs,
    );
    if (this.#still.matches) return;
    for (const stream of this.#streams) {
      if (now < stream.nextMs || this.#particles.length >= cap) continue;
      this.#particles.push({ points: stream.points, bornMs: now, fails: this.#random() < stream.errorRatio });
      // Exponential gaps: requests come unevenly, and even spacing reads as a dashed line.
      stream.nextMs = now - (Math.log(1 - this.#random()) * 1000) / stream.perSecond;
    }
  }

  #draw(now: number): void {
    const canvas = this.#canvas;
    const context = canvas.getContext('2d');
    if (context === null) return;
    const scale = window.devicePixelRatio;
    const width = Math.round(canvas.clientWidth * scale);
    const height = Math.round(canvas.clientHeight * scale);
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (this.#particles.length === 0) return;
    const { x, y, zoom } = this.#viewport;
    context.setTransform(scale * zoom, 0, 0, scale * zoom, scale * x, scale * y);
    const tokens = getComputedStyle(canvas);
    const bright = tokens.getPropertyValue('--text-0');
    const failing = tokens.getPropertyValue('--failing');
    for (const particle of this.#particles) {
      const progress = (now - particle.bornMs) / travelMs;
      const back = progress > 1;
      const at = pointAt(particle.points, back ? 2 - progress : progress);
      context.beginPath();
      context.arc(at.x, at.y, back ? 2.6 : 1.9, 0, 2 * Math.PI);
      if (back) {
        context.strokeStyle = failing;
        context.lineWidth = 1.2;
        context.stroke();
      } else {
        context.fillStyle = particle.fails ? failing : bright;
        context.fill();
      }
    }
  }
}

function pointAt(points: readonly Point[], progress: number): Point {
  const at = Math.min(1, Math.max(0, progress)) * (points.length - 1);
  const a = points[Math.floor(at)] ?? { x: 0, y: 0 };
  const b = points[Math.min(points.length - 1, Math.floor(at) + 1)] ?? a;
  const share = at - Math.floor(at);
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
}
