import { expect, it } from 'vitest';
import { LabelIndex } from './label-index.ts';

const a = { app: 'a', version: 'v1' };
const b = { app: 'b', version: 'v1' };
const index = new LabelIndex([a, b, {}], (labels) => labels);

it.each([
  [{ app: 'a' }, [a]],
  [{ version: 'v1' }, [a, b]],
  [{ version: 'v1', app: 'b' }, [b]],
  [{ app: 'a', version: 'v2' }, []],
  [{}, [a, b, {}]],
])('%j is had by %j', (wanted, expected) => {
  expect(index.having(wanted)).toEqual(expected);
});
