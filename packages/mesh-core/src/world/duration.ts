const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  // Both letters stand for micro: U+00B5 and U+03BC.
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * `1h30m`, `250ms`, `1.5s`, `0` in milliseconds.
 * @returns undefined for any other text
 * @see Go time.ParseDuration, which Istio and Kubernetes use
 */
export function durationMs(text: string): number | undefined {
  if (!/^[-+]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(amount) * (unitMs[unit] ?? 0);
  }
  return text.startsWith('-') ? -total : total;
}
