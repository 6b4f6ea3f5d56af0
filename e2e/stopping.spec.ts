import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heddle, readProcesses, startDemo, stillRunning } from './heddle-up.ts';
import { expect, test } from './test.ts';

test.describe('heddle up', () => {
  test('on a taken port ends with 1 and names the port and the option', async ({ mesh }) => {
    const { port } = new URL(mesh.consoleUrl);
    const dataDir = mkdtempSync(join(tmpdir(), 'heddle-e2e-'));
    const { code, stderr } = await heddle(['up', '--port', port, '--data', dataDir, ...freePorts]).ended;
    rmSync(dataDir, { recursive: true });
    expect(stderr).toContain(`port ${port} is already taken`);
    expect(stderr).toContain('--port');
    expect(code).toBe(1);
  });

  test('that is killed takes all its processes with it', async () => {
    const demo = await startDemo();
    const pids = readProcesses(demo.dataDir).processes.flatMap(({ pid }) => pid ?? []);
    expect(pids).toHaveLength(14);
    demo.command.child.kill('SIGKILL');
    expect(await stillRunning(pids, 3000)).toEqual([]);
    await demo.command.ended;
    demo.removeData();
  });
});

/** Only the port in question is fixed. */
const freePorts = ['--ads-port', '0', '--otlp-port', '0', '--gateway-port', '0'];
