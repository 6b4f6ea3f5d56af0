import { expect, it } from 'vitest';
import { ago, dataAge, nanoToMs, span } from './time.ts';

it('says a length of time in the largest unit that tells something', () => {
  expect([12_000, 59_400, 540_000, 3_960_000, 61_200_000, 259_200_000].map(span)).toEqual([
    '12 s',
    '59 s',
    '9 min',
    '1 h 06',
    '17 h',
    '3 d',
  ]);
});

it('calls what has just happened now, also when a clock runs ahead', () => {
  expect([ago(1000, 2500), ago(5000, 2000), ago(0, 12_000)]).toEqual(['now', 'now', '12 s ago']);
});

it('shows tenths of a second while data is young', () => {
  expect([0, 430, 9_940, 74_000].map(dataAge)).toEqual(['0.0 s', '0.4 s', '9.9 s', '1 min']);
});

it('keeps the fraction of a millisecond of a nanosecond time', () => {
  expect(nanoToMs('1700000000123456789')).toBeCloseTo(1_700_000_000_123.4568, 3);
});
