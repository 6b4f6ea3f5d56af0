/** What is to be said of a draft in one line, the worst first. */
import type { Plan } from '@heddle/schema';
import { count } from '../../format/number.ts';
import { isLoss } from '../../plan/model/loss.ts';

export interface Verdict {
  readonly text: string;
  readonly tone: 'failing' | 'degraded' | 'ok' | 'plain';
}

/** @param plan undefined while it is being made */
export function verdictOf(changed: boolean, plan: Plan | undefined): Verdict {
  if (!changed) return { text: 'Nothing is changed yet', tone: 'plain' };
  if (plan === undefined) return { text: 'Checking the draft', tone: 'plain' };
  const errors = plan.findings.filter(({ severity }) => severity === 'error').length;
  if (!plan.valid)
    return { text: `The draft has ${errors === 1 ? 'an error' : `${errors} errors`}`, tone: 'failing' };
  const { changed: outcomes, replayed } = plan.forecast;
  const lost = sum(outcomes.filter(({ to }) => isLoss(to)).map((one) => one.count));
  if (lost > 0)
    return {
      text: `The draft would lose ${count(lost)} of ${count(replayed)} recorded requests`,
      tone: 'failing',
    };
  const otherwise = sum(outcomes.map((one) => one.count));
  if (otherwise > 0)
    return {
      text: `The draft decides ${count(otherwise)} of ${count(replayed)} recorded requests otherwise`,
      tone: 'plain',
    };
  const warnings = plan.findings.filter(({ severity }) => severity === 'warning').length;
  if (warnings > 0)
    return {
      text: `The draft has ${warnings === 1 ? 'a warning' : `${warnings} warnings`}`,
      tone: 'degraded',
    };
  const reached = plan.affectedProxies.length;
  return {
    text:
      reached === 0
        ? 'The draft changes no proxy'
        : replayed === 0
          ? `The draft changes ${reached} ${reached === 1 ? 'proxy' : 'proxies'}`
          : 'The draft changes no recorded request',
    tone: 'ok',
  };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, one) => total + one, 0);
}
