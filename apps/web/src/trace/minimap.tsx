/** The whole trace in 44 px, on a canvas: one line a span, failures on top. */
import { useComputedColorScheme } from '@mantine/core';
import { useCallback } from 'react';
import type { SpanTree } from './model/tree.ts';

const height = 36;

export function Minimap({ tree }: { tree: SpanTree }) {
  const scheme = useComputedColorScheme('dark');
  const attach = useCallback(
    (canvas: HTMLCanvasElement | null) => {
      if (canvas === null) return;
      const resized = new ResizeObserver(() => draw(canvas, tree, scheme));
      resized.observe(canvas);
      return () => resized.disconnect();
    },
    [tree, scheme],
  );
  return (
    <canvas
      ref={attach}
      className="trace-minimap"
      style={{ height }}
      aria-hidden="true"
      data-scheme={scheme}
    />
  );
}

function draw(canvas: HTMLCanvasElement, tree: SpanTree, scheme: string): void {
  const context = canvas.getContext('2d');
  if (context === null || canvas.dataset['scheme'] !== scheme) return;
  const scale = window.devicePixelRatio;
  const width = canvas.clientWidth;
  canvas.width = width * scale;
  canvas.height = height * scale;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const tokens = getComputedStyle(canvas);
  const slate = tokens.getPropertyValue('--edge');
  const failing = tokens.getPropertyValue('--failing');
  const nodes = [...tree.byId.values()];
  const pitch = Math.min(3, (height - 2) / Math.max(1, nodes.length));
  const ordered = nodes.toSorted((a, b) => a.from - b.from || a.depth - b.depth);
  ordered.forEach((node, index) => {
    context.fillStyle = node.failing === 'started' ? failing : slate;
    context.globalAlpha = node.failing === 'started' ? 1 : 0.7;
    const x = (node.from / tree.durationMs) * width;
    context.fillRect(
      x,
      1 + index * pitch,
      Math.max(1, ((node.to - node.from) / tree.durationMs) * width),
      Math.max(1, pitch - 1),
    );
  });
}
