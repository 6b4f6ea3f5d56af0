import assert from 'node:assert/strict';
import { readProcesses, startDemo, stillRunning } from './heddle-up.ts';

/** Whole seconds that Ctrl-C may take, for every process of the mesh. */
const stopWithinMs = 3000;

/** One running mesh for all specs. Its end is a test too: a process that outlives Ctrl-C fails the run. */
export default async function startMesh(): Promise<() => Promise<void>> {
  const startedAt = performance.now();
  const demo = await startDemo();
  console.log(`mesh ready after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  process.env['HEDDLE_E2E_DATA'] = demo.dataDir;
  return async () => {
    const { pid, processes } = readProcesses(demo.dataDir);
    const pids = [pid, ...processes.flatMap((one) => one.pid ?? [])];
    const askedAt = performance.now();
    demo.command.child.kill('SIGINT');
    const left = await stillRunning(pids, stopWithinMs);
    const tookMs = performance.now() - askedAt;
    if (left.length > 0) demo.command.child.kill('SIGKILL');
    const { code, stderr } = await demo.command.ended;
    demo.removeData();
    assert.deepEqual(left, [], `processes outlived Ctrl-C by ${stopWithinMs} ms; it said:\n${stderr}`);
    assert.equal(code, 0, `heddle up ended with ${code}; it said:\n${stderr}`);
    console.log(`${pids.length} processes gone ${Math.round(tookMs)} ms after Ctrl-C`);
  };
}
