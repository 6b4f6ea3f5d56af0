/** Figures as the console writes them: three significant digits, the unit apart so that it can be set small. */

export interface Figure {
  readonly value: string;
  /** "" when there is none. */
  readonly unit: string;
}

export const noFigure: Figure = { value: '–', unit: '' };

/** Three significant digits, never in exponent form, with a minus sign that is one. Trailing zeros stay: 1.90. */
export function significant(value: number): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  if (magnitude < 0.001) return `${sign}<0.001`;
  // Rounding first: 9.996 has its digits counted as 10.0.
  const rounded = Number(magnitude.toPrecision(3));
  const integerDigits = Math.max(1, Math.floor(Math.log10(rounded)) + 1);
  const decimals =
    rounded < 1 ? Math.min(3, 2 - Math.floor(Math.log10(rounded))) : Math.max(0, 3 - integerDigits);
  return sign + rounded.toFixed(decimals);
}

/** Requests per second, `k` from 1,000. */
export function rate(perSecond: number): Figure {
  return perSecond >= 1000
    ? { value: `${significant(perSecond / 1000)} k`, unit: 'rps' }
    : { value: significant(perSecond), unit: 'rps' };
}

/** Every digit, in threes. */
export function exact(n: number): string {
  return n.toLocaleString('en').replaceAll(',', ' ');
}

/** A whole number of things: 742, 12.4 k, 1.20 M. */
export function count(n: number): string {
  if (n < 10_000) return exact(n);
  return n < 1_000_000 ? `${significant(n / 1000)} k` : `${significant(n / 1_000_000)} M`;
}

/** A ratio 0..1 as percent. A share that is not whole never reads 100 and one that is not nothing never reads 0. */
export function percent(ratio: number): Figure {
  if (ratio === 1) return { value: '100', unit: '%' };
  if (ratio > 0.9999) return { value: '99.99', unit: '%' };
  if (ratio > 0.999) return { value: (Math.floor(ratio * 10_000) / 100).toFixed(2), unit: '%' };
  if (ratio > 0 && ratio < 0.0001) return { value: '<0.01', unit: '%' };
  return { value: significant(ratio * 100), unit: '%' };
}

/** A length of time given in milliseconds, null where nothing was measured. */
export function duration(ms: number | null): Figure {
  if (ms === null) return noFigure;
  if (ms === 0) return { value: '0', unit: 'ms' };
  if (ms < 0.9995) return { value: significant(Math.max(1, Math.round(ms * 1000))), unit: 'µs' };
  if (ms < 999.5) return { value: significant(ms), unit: 'ms' };
  if (ms < 59_950) return { value: significant(ms / 1000), unit: 's' };
  return { value: significant(ms / 60_000), unit: 'min' };
}

/** One line: `412 rps`, `1.24 s`. */
export function inline(figure: Figure): string {
  return figure.unit === '' ? figure.value : `${figure.value} ${figure.unit}`;
}
