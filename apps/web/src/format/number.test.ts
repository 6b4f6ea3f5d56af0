import { describe, expect, it } from 'vitest';
import { count, duration, inline, percent, rate, significant } from './number.ts';

describe('figures', () => {
  it('have three significant digits with their zeros', () => {
    expect([371, 41.23, 3.9, 0.402, 0.0123, 9.996, 99.96].map(significant)).toEqual([
      '371',
      '41.2',
      '3.90',
      '0.402',
      '0.012',
      '10.0',
      '100',
    ]);
  });

  it('carry a real minus sign', () => {
    expect(significant(-4.8)).toBe('−4.80');
  });

  it('say rates in k from a thousand on', () => {
    expect([inline(rate(0)), inline(rate(34.5)), inline(rate(1240))]).toEqual([
      '0 rps',
      '34.5 rps',
      '1.24 k rps',
    ]);
  });

  it('never round a share to all or to nothing', () => {
    expect([1, 0.99999, 0.99985, 0.9985, 0.0383, 0.00005, 0].map((r) => inline(percent(r)))).toEqual([
      '100 %',
      '99.99 %',
      '99.98 %',
      '99.9 %',
      '3.83 %',
      '<0.01 %',
      '0 %',
    ]);
  });

  it('choose the unit of a duration by its size', () => {
    expect([null, 0, 0.25, 0.99999, 21.4, 999.6, 1940, 90_000].map((ms) => inline(duration(ms)))).toEqual([
      '–',
      '0 ms',
      '250 µs',
      '1.00 ms',
      '21.4 ms',
      '1.00 s',
      '1.94 s',
      '1.50 min',
    ]);
  });

  it('write counts out below ten thousand', () => {
    expect([742, 1240, 12_400, 1_200_000].map(count)).toEqual(['742', '1 240', '12.4 k', '1.20 M']);
  });
});
