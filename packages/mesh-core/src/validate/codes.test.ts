import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Answers of `explain` for requests that it cannot read: no findings. */
const answers: ReadonlySet<string> = new Set(['HDL0031', 'HDL0032']);

it('every code of a finding is in the table for users, and no other', () => {
  const root = new URL('../../../../', import.meta.url).pathname;
  const sources = globSync('packages/mesh-core/src/**/*.ts', { cwd: root, exclude: ['**/*.test.ts'] });
  const emitted = sources.flatMap((file) => [
    ...readFileSync(root + file, 'utf8').matchAll(/'((?:IST|KIA|HDL)\d{4})'/g),
  ]);
  const codes = new Set(emitted.map(([, code = '']) => code).filter((code) => !answers.has(code)));
  const table = readFileSync(`${root}docs/validation.md`, 'utf8').matchAll(/^\| ((?:IST|KIA|HDL)\d{4}) \|/gm);
  expect([...table].map(([, code]) => code)).toEqual([...codes].toSorted());
});
