/** The style sheet of cytoscape's edges, in the console's tokens. */
import type cytoscape from 'cytoscape';
import type { Tone } from './model/encode.ts';

/** Read anew for each theme: cytoscape draws on a canvas and knows no CSS variables. */
export function sceneStyle(): cytoscape.StylesheetStyle[] {
  const tokens = getComputedStyle(document.documentElement);
  const token = (name: string) => tokens.getPropertyValue(`--${name}`).trim();
  const tones: Record<Tone, string> = {
    rest: token('edge-rest'),
    steady: token('edge'),
    strong: token('text-1'),
    degraded: token('degraded'),
    failing: token('failing'),
    unknown: token('line-strong'),
  };
  const edgeStyle: cytoscape.Css.Edge = {
    width: 'data(width)',
    'line-cap': 'butt',
    'source-endpoint': 'data(sourceEnd)',
    'target-endpoint': 'data(targetEnd)',
    'target-arrow-shape': 'triangle',
    'arrow-scale': 0.62,
    'line-outline-width': 3,
    'line-outline-color': token('hull'),
    'overlay-opacity': 0,
    'z-index-compare': 'manual',
    'z-index': 1,
  };
  // Known to cytoscape since 3.29, not yet to its types.
  const byEndpoints: object = { 'edge-distances': 'endpoints' };
  return [
    {
      selector: 'node',
      style: { width: 'data(w)', height: 'data(h)', shape: 'rectangle', opacity: 0, 'overlay-opacity': 0 },
    },
    { selector: 'edge', style: { ...edgeStyle, ...byEndpoints } },
    {
      selector: 'edge[shape = "curve"]',
      style: {
        'curve-style': 'unbundled-bezier',
        'control-point-weights': 'data(weights)',
        'control-point-distances': 'data(distances)',
      },
    },
    {
      selector: 'edge[shape = "lane"]',
      style: {
        'curve-style': 'round-segments',
        'segment-weights': 'data(weights)',
        'segment-distances': 'data(distances)',
        'segment-radii': [8],
      },
    },
    ...Object.entries(tones).map(([tone, color]) => ({
      selector: `edge[tone = "${tone}"]`,
      style: { 'line-color': color, 'target-arrow-color': color },
    })),
    { selector: 'edge[tone = "degraded"], edge[tone = "failing"]', style: { 'z-index': 5 } },
    { selector: 'edge[line = "partial"]', style: { 'line-style': 'dashed', 'line-dash-pattern': [9, 5] } },
    {
      selector: 'edge[line = "plaintext"]',
      style: {
        'line-style': 'dashed',
        'line-dash-pattern': [0.1, 5],
        'line-cap': 'round',
        'line-outline-width': 0,
      },
    },
    {
      selector: 'edge[line = "plaintext"][tone = "rest"]',
      style: { 'line-color': token('text-1'), 'target-arrow-color': token('text-1') },
    },
    {
      selector: 'edge[picked = 1]',
      style: { 'line-outline-color': token('select'), 'line-outline-width': 2, 'z-index': 9 },
    },
    {
      selector: 'edge[picked = 1][tone = "rest"]',
      style: { 'line-color': token('text-1'), 'target-arrow-color': token('text-1') },
    },
    { selector: 'edge[faint = 1]', style: { opacity: 0.4 } },
    { selector: 'edge[dim = 1]', style: { opacity: 0.2 } },
  ];
}
