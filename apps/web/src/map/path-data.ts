import type { Path } from './model/edge-paths.ts';
import type { Box } from './model/geometry.ts';

/** cytoscape wants points as (weight along, distance beside) the straight line between the ends. */
export function pathData(path: Path, source: Box, target: Box) {
  const { from, to } = path;
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = Math.hypot(dx, dy) || 1;
  const weights = path.via.map((point) => ((point.x - from.x) * dx + (point.y - from.y) * dy) / length ** 2);
  const distances = path.via.map((point) => ((point.y - from.y) * dx - (point.x - from.x) * dy) / length);
  return {
    shape: path.shape,
    weights: weights.map((weight) => weight.toFixed(4)).join(' '),
    distances: distances.map((distance) => distance.toFixed(2)).join(' '),
    sourceEnd: `${from.x - source.x - source.width / 2}px ${from.y - source.y - source.height / 2}px`,
    targetEnd: `${to.x - target.x - target.width / 2}px ${to.y - target.y - target.height / 2}px`,
  };
}
