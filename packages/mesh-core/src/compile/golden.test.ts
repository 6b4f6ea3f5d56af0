/** Golden pairs: the question names the proxies and the parts to show; the answer is what the first proxy is told. */
import { join } from 'node:path';
import { describe } from 'vitest';
import { goldenPairs, instance, worldOf } from '../testing.ts';
import { Compiler, Interner } from './snapshot.ts';

interface Question {
  readonly proxies: readonly object[];
  /** Members of the snapshot. */
  readonly show: readonly string[];
}

describe('compiles', () => {
  goldenPairs<Question>(join(import.meta.dirname, 'testdata'), ({ proxies, show }, documents) => {
    const instances = proxies.map((one) => ({ ...instance('client', 'client', 'v1'), ...one }));
    const [client] = instances;
    if (client === undefined) throw new Error('the question names no proxy');
    const snapshot = new Compiler(worldOf(documents, instances), new Interner()).snapshotFor(client);
    return Object.fromEntries(Object.entries(snapshot).filter(([part]) => show.includes(part)));
  });
});
