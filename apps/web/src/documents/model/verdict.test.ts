import type { Plan } from '@heddle/schema';
import { describe, expect, it } from 'vitest';
import { verdictOf } from './verdict.ts';

const plan: Plan = {
  valid: true,
  baseRevision: 3,
  findings: [],
  diff: [],
  affectedProxies: ['a'],
  totalProxies: 7,
  ir: [],
  forecast: { replayed: 400, coverage: '', changed: [], tookMs: 3 },
  tookMs: 1,
};
const finding = (severity: 'error' | 'warning') => ({ code: 'X', severity, path: '', message: '' });
const outcome = (to: string, count: number) => ({ from: 'v1', to, count, examples: [], decidedBy: '' });
const withOutcomes = (...changed: ReturnType<typeof outcome>[]): Plan => ({
  ...plan,
  forecast: { ...plan.forecast, changed },
});

describe('the verdict on a draft', () => {
  it('waits for a change and for the plan', () => {
    expect(verdictOf(false, plan).text).toBe('Nothing is changed yet');
    expect(verdictOf(true, undefined).text).toBe('Checking the draft');
  });

  it('says errors before all else', () => {
    const invalid = { ...plan, valid: false, findings: [finding('error'), finding('warning')] };
    expect(verdictOf(true, invalid)).toEqual({ text: 'The draft has an error', tone: 'failing' });
  });

  it('says lost requests before those that go elsewhere', () => {
    const lost = withOutcomes(outcome('denied with 403', 30), outcome('v2 100 %', 300));
    expect(verdictOf(true, lost)).toEqual({
      text: 'The draft would lose 30 of 400 recorded requests',
      tone: 'failing',
    });
    expect(verdictOf(true, withOutcomes(outcome('v2 100 %', 300))).text).toBe(
      'The draft decides 300 of 400 recorded requests otherwise',
    );
  });

  it('says warnings where no request is touched, and then that none is', () => {
    expect(verdictOf(true, { ...plan, findings: [finding('warning')] }).tone).toBe('degraded');
    expect(verdictOf(true, plan).text).toBe('The draft changes no recorded request');
    expect(verdictOf(true, { ...plan, affectedProxies: [] }).text).toBe('The draft changes no proxy');
  });
});
