import { describe, expect, it } from 'vitest';
import { apportion, handlePosition, moveHandle, setWeight } from './weights.ts';

const sum = (weights: readonly number[]) => weights.reduce((left, right) => left + right, 0);

describe('weights', () => {
  it('give the rest to the other of two versions', () => {
    expect(setWeight([90, 10], 1, 25)).toEqual([75, 25]);
  });

  it('keep the proportions of the others', () => {
    expect(setWeight([60, 20, 20], 0, 20)).toEqual([20, 40, 40]);
  });

  it('give the rest to the baseline when the others had nothing', () => {
    expect(setWeight([0, 100, 0], 1, 70)).toEqual([30, 70, 0]);
    expect(setWeight([100, 0, 0], 0, 70)).toEqual([70, 30, 0]);
  });

  it('take nonsense for the nearest sense', () => {
    expect([
      setWeight([90, 10], 1, 180),
      setWeight([90, 10], 1, -3),
      setWeight([90, 10], 1, Number.NaN),
    ]).toEqual([
      [0, 100],
      [100, 0],
      [100, 0],
    ]);
  });

  it('sum to 100 with whole parts from every state to every value', () => {
    for (let first = 0; first <= 100; first += 7) {
      for (let second = 0; second <= 100 - first; second += 11) {
        const start = [first, second, 100 - first - second];
        for (const index of [0, 1, 2]) {
          for (const value of [0, 1, 33, 50, 99, 100]) {
            const next = setWeight(start, index, value);
            expect(sum(next)).toBe(100);
            expect(next.every((weight) => Number.isInteger(weight) && weight >= 0)).toBe(true);
            expect(next[index]).toBe(value);
          }
        }
      }
    }
  });

  it('move between the two neighbours of a handle only', () => {
    expect(moveHandle([60, 30, 10], 0, 50)).toEqual([50, 40, 10]);
    expect(moveHandle([60, 30, 10], 1, 70)).toEqual([60, 10, 30]);
  });

  it('stop a handle at the next one', () => {
    expect(moveHandle([60, 30, 10], 0, 97)).toEqual([90, 0, 10]);
    expect(moveHandle([60, 30, 10], 1, 5)).toEqual([60, 0, 40]);
  });

  it('place the handles where the parts meet', () => {
    expect([-1, 0, 1, 2].map((index) => handlePosition([60, 30, 10], index))).toEqual([0, 60, 90, 100]);
  });

  it('round by the largest remainder', () => {
    expect(apportion([1, 1, 1], 100)).toEqual([34, 33, 33]);
    expect(apportion([52.8, 35.2, 12], 100)).toEqual([53, 35, 12]);
    expect(apportion([0, 0], 100)).toEqual([100, 0]);
  });
});
