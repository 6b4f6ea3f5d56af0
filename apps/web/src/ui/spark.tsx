/** A line of recent values, drawn by hand in SVG: at this size a chart library costs more than it shows. */
export interface SparkProps {
  readonly values: readonly (number | null)[];
  readonly width: number;
  readonly height: number;
  /** A CSS colour; slate when left out. */
  readonly color?: string | undefined;
  readonly fill?: boolean;
  /** Values from this index on are drawn in the failing colour. */
  readonly loudFrom?: number | undefined;
}

/** The line through the values that are there, from `from` on; a null lifts the pen. */
export function sparkPath(
  values: readonly (number | null)[],
  width: number,
  height: number,
  from = 0,
): string {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return '';
  const top = Math.max(...present);
  const low = Math.min(0, ...present);
  const range = top - low === 0 ? 1 : top - low;
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let path = '';
  let penDown = false;
  values.forEach((value, index) => {
    if (index < from) return;
    if (value === null) {
      penDown = false;
      return;
    }
    const x = (index * step).toFixed(1);
    const y = (height - 1 - ((value - low) / range) * (height - 2)).toFixed(1);
    path += `${penDown ? 'L' : 'M'}${x} ${y}`;
    penDown = true;
  });
  return path;
}

export function Spark({ values, width, height, color = 'var(--edge)', fill = false, loudFrom }: SparkProps) {
  const line = sparkPath(values, width, height);
  const loud = loudFrom === undefined ? '' : sparkPath(values, width, height, Math.max(0, loudFrom));
  return (
    <svg
      className="spark"
      width="100%"
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {fill && line !== '' && <path d={`${line}V${height}H0Z`} fill={color} opacity={0.12} />}
      <path d={line} fill="none" stroke={color} strokeWidth={1.25} vectorEffect="non-scaling-stroke" />
      {loud !== '' && (
        <path
          d={loud}
          fill="none"
          stroke="var(--failing)"
          strokeWidth={1.5}
          vectorEffect="non-scaling-stroke"
        />
      )}
    </svg>
  );
}
