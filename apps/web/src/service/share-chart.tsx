/** The live share of each version: observed as a line, what the rule says dashed. uPlot redraws it in a millisecond. */
import { useComputedColorScheme } from '@mantine/core';
import type { ServiceRule, VersionDetail } from '@heddle/schema';
import { useEffect, useMemo, useState, type RefCallback, useCallback } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { configuredWeights } from './model/configured.ts';
import { shareSeries } from './model/share-series.ts';
import { versionColor } from './version-cards.tsx';

const height = 150;
const smoothing = 5;

export function ShareChart({
  versions,
  rules,
  sinceMs,
}: {
  versions: readonly VersionDetail[];
  rules: readonly ServiceRule[];
  /** When these rules took effect, unix milliseconds: before it others did. null: not known. */
  sinceMs: number | null;
}) {
  const configured = useMemo(() => configuredWeights(rules), [rules]);
  const data = useMemo(() => {
    const { at, shares } = shareSeries(versions, smoothing);
    const byRule = versions.map((version) =>
      at.map((seconds) =>
        sinceMs === null || seconds * 1000 < sinceMs ? null : (configured?.get(version.version) ?? null),
      ),
    );
    const columns: uPlot.AlignedData = [[...at], ...shares.map((share) => [...share]), ...byRule];
    return columns;
  }, [versions, configured, sinceMs]);
  const names = versions.map((version) => version.version).join(' ');
  const colorScheme = useComputedColorScheme('dark');
  const attach = usePlot(data, names, colorScheme);
  return (
    <section className="share-chart">
      <div className="section-head">
        <h2>Share of requests</h2>
        <span className="share-legend">
          {versions.map((version, index) => (
            <span key={version.version}>
              <i style={{ borderColor: versionColor(index) }} /> {version.version}
            </span>
          ))}
          {configured !== null && (
            <span className="faint">
              <i className="is-dashed" /> by rule
            </span>
          )}
        </span>
      </div>
      <div
        ref={attach}
        className="plot"
        role="img"
        aria-label={`Share of requests over the last minute: ${versions.map((version) => `${version.version} ${Math.round(version.share * 100)} percent`).join(', ')}`}
      />
    </section>
  );
}

/** One plot for the life of its element and theme; new data is set, never a new plot. */
function usePlot(data: uPlot.AlignedData, names: string, scheme: string): RefCallback<HTMLDivElement> {
  const [plot, setPlot] = useState<uPlot | null>(null);
  const attach = useCallback(
    (element: HTMLDivElement | null) => {
      if (element === null) return;
      // The scheme is named here so that a plot is made anew with the colours of the other one.
      const made = new uPlot(options(element, names.split(' '), scheme), [[]], element);
      const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
      resized.observe(element);
      setPlot(made);
      return () => {
        resized.disconnect();
        made.destroy();
        setPlot(null);
      };
    },
    [names, scheme],
  );
  useEffect(() => plot?.setData(data), [plot, data]);
  return attach;
}

function options(element: HTMLElement, names: readonly string[], scheme: string): uPlot.Options {
  const tokens = getComputedStyle(element);
  const token = (name: string) => tokens.getPropertyValue(name).trim();
  const resolved = names.map((_, index) => token(versionColor(index).slice(4, -1)));
  const axis = { stroke: token('--text-2'), font: '11px Inter Variable', ticks: { show: false } };
  return {
    class: `plot-${scheme}`,
    width: element.clientWidth,
    height,
    padding: [8, 28, 0, 0],
    cursor: { drag: { x: false, y: false }, points: { show: false } },
    legend: { show: false },
    scales: { y: { range: [0, 100] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 110,
        values: (_plot, splits) => splits.map((at) => new Date(at * 1000).toLocaleTimeString('en-GB')),
      },
      {
        ...axis,
        size: 44,
        grid: { stroke: token('--line'), width: 1 },
        splits: [0, 25, 50, 75, 100],
        values: (_plot, splits) => splits.map((value) => (value % 50 === 0 ? `${value} %` : '')),
      },
    ],
    series: [
      {},
      ...resolved.map((stroke): uPlot.Series => ({
        stroke,
        width: 1.75,
        points: { show: false },
        spanGaps: false,
      })),
      ...resolved.map((stroke): uPlot.Series => ({
        stroke,
        width: 1,
        dash: [4, 4],
        points: { show: false },
      })),
    ],
  };
}
