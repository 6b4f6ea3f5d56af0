import type { HealthState, Signals } from '@heddle/schema';

export interface Instances {
  readonly ready: number;
  readonly total: number;
}

/** Shares of failed requests from which traffic counts as degraded and as failing. */
export const degradedRatio = 0.01;
export const failingRatio = 0.05;

export function trafficState(signals: Pick<Signals, 'n' | 'errorRatio'>): HealthState {
  if (signals.n === 0) return 'unknown';
  if (signals.errorRatio >= failingRatio) return 'failing';
  return signals.errorRatio >= degradedRatio ? 'degraded' : 'ok';
}

/** Health of something that has both traffic and instances, with the reason when it is not well. */
export function stateOf(
  signals: Pick<Signals, 'n' | 'errors' | 'errorRatio'>,
  instances: Instances | undefined,
): { state: HealthState; reason?: string } {
  if (instances !== undefined && instances.total > 0 && instances.ready === 0) {
    return { state: 'failing', reason: `none of its ${plural(instances.total, 'instance')} is ready` };
  }
  const state = trafficState(signals);
  if (state === 'failing' || state === 'degraded') {
    return {
      state,
      reason: `${percent(signals.errorRatio)} of its requests fail (${signals.errors} of ${signals.n})`,
    };
  }
  if (instances !== undefined && instances.ready < instances.total) {
    return {
      state: 'degraded',
      reason: `${instances.total - instances.ready} of ${plural(instances.total, 'instance')} not ready`,
    };
  }
  return { state };
}

export function worst(states: readonly HealthState[]): HealthState {
  const order: readonly HealthState[] = ['failing', 'degraded', 'ok', 'unknown'];
  return order.find((state) => states.includes(state)) ?? 'unknown';
}

export function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(3))} %`;
}

function plural(n: number, noun: string): string {
  return n === 1 ? `1 ${noun}` : `${n} ${noun}s`;
}
