/** The percentiles of each version side by side: few points, redrawn with the page's figures. */
import type { VersionDetail } from '@heddle/schema';
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, XAxis, YAxis } from 'recharts';
import { duration, inline } from '../format/number.ts';
import { latencyRows } from './model/latency-rows.ts';
import { versionColor } from './version-cards.tsx';

const height = 132;
const tick = { fill: 'var(--text-2)', fontSize: 11 };

export function LatencyReport({ versions }: { versions: readonly VersionDetail[] }) {
  const rows = latencyRows(versions);
  const words = versions
    .map(({ version, p50Ms, p95Ms, p99Ms }) => `${version} ${[p50Ms, p95Ms, p99Ms].map(inWords).join(', ')}`)
    .join('; ');
  return (
    <div className="latency-report" role="img" aria-label={`p50, p95 and p99 by version: ${words}`}>
      <ResponsiveContainer width="100%" height={height}>
        <BarChart
          data={rows}
          accessibilityLayer={false}
          margin={{ top: 8, right: 0, bottom: 0, left: 0 }}
          barGap={2}
        >
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="percentile"
            tick={tick}
            tickLine={false}
            axisLine={{ stroke: 'var(--line-strong)' }}
          />
          <YAxis
            tick={tick}
            tickLine={false}
            axisLine={false}
            width={56}
            tickCount={4}
            tickFormatter={inWords}
          />
          {versions.map(({ version }, index) => (
            <Bar
              key={version}
              dataKey={version}
              fill={versionColor(index)}
              isAnimationActive={false}
              maxBarSize={36}
              radius={[2, 2, 0, 0]}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}

function inWords(ms: number | null): string {
  return ms === null ? 'no data' : inline(duration(ms));
}
