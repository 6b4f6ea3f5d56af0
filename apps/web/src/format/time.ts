/** Points and lengths of time in words. `now` is always passed in, in unix milliseconds. */

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const clockShort = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const calendar = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

export function clockTime(ms: number): string {
  return clock.format(ms);
}

export function clockMinutes(ms: number): string {
  return clockShort.format(ms);
}

export function dayAndClock(ms: number): string {
  return `${calendar.format(ms)} ${clock.format(ms)}`;
}

/** `14:09:41.208` */
export function clockMillis(ms: number): string {
  const whole = Math.floor(ms);
  return `${clock.format(whole)}.${String(whole % 1000).padStart(3, '0')}`;
}

/** `12 s ago`, `9 min ago`, `1 h 06 ago`, `3 d ago`; `now` under two seconds, also for clocks that run ahead. */
export function ago(thenMs: number, nowMs: number): string {
  const age = nowMs - thenMs;
  return age < 2000 ? 'now' : `${span(age)} ago`;
}

/** A length of time at the scale of people: `12 s`, `9 min`, `1 h 06`, `17 h`, `3 d`. */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 10) return `${hours} h ${String(minutes % 60).padStart(2, '0')}`;
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** The age of live data: `0.4 s` while it is young, whole seconds from ten on. */
export function dataAge(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  return span(ms);
}

/** Unix nanoseconds, a string as OTLP has them, as milliseconds with their fraction. */
export function nanoToMs(unixNano: string): number {
  const nanos = BigInt(unixNano);
  return Number(nanos / 1_000_000n) + Number(nanos % 1_000_000n) / 1e6;
}
