import { expect, it } from 'vitest';
import { desktopMeasures, layout } from './layout.ts';
import { isComplete, isOutgrown } from './settle.ts';

const nodes = ['gate', 'page', 'reviews', 'ratings'].map((id) => ({ id, namespace: 'default', height: 44 }));
const edges = [
  { source: 'gate', target: 'page' },
  { source: 'page', target: 'reviews' },
  { source: 'reviews', target: 'ratings' },
];

it('is complete once every service was heard of', () => {
  expect([isComplete(nodes, edges), isComplete(nodes, edges.slice(0, 2)), isComplete(nodes, [])]).toEqual([
    true,
    false,
    false,
  ]);
});

it('has outgrown a placement that was made before the calls were known', () => {
  expect(isOutgrown(layout(nodes, [], desktopMeasures), edges)).toBe(true);
});

it('keeps a placement in which one call runs back', () => {
  const placement = layout(nodes, edges, desktopMeasures);
  expect(isOutgrown(placement, [...edges, { source: 'ratings', target: 'gate' }])).toBe(false);
  expect(isOutgrown(placement, [])).toBe(false);
});
