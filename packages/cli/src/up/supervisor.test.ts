import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Supervisor } from './supervisor.ts';

let directory = '';
let lines: string[] = [];
let supervisor: Supervisor;
let wake: () => void = () => {};
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'heddle-supervisor-'));
  lines = [];
  supervisor = new Supervisor({ logDir: directory, say: (line) => lines.push(line), changed: () => wake() });
});
afterEach(async () => {
  await supervisor.stop();
  rmSync(directory, { recursive: true });
});

function program(name: string, source: string) {
  const entry = join(directory, `${name}.mjs`);
  writeFileSync(entry, source);
  return { name, entry, args: [], env: () => ({ GREETING: 'hello' }) };
}

const state = () => supervisor.states()[0];

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => (wake = resolve));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('starts a process again after it was killed, and says so', async () => {
  supervisor.start(program('steady', 'console.log(process.env.GREETING); setInterval(() => {}, 1000)'));
  const first = state()?.pid ?? 0;
  process.kill(first, 'SIGKILL');
  await until(() => state()?.pid === undefined);
  await until(() => state()?.pid !== undefined);
  expect(state()?.pid).not.toBe(first);
  expect(state()?.restarts).toBe(1);
  expect(lines[0]).toContain('steady ended (SIGKILL), starts again in 0.5 s');
});

it('waits longer each time for a process that cannot run, and repeats its last words', async () => {
  supervisor.start(program('broken', 'console.error("no such table"); process.exit(3)'));
  await until(() => (state()?.restarts ?? 0) >= 2);
  expect(lines[0]).toContain(
    'broken ended (exit code 3), starts again in 0.5 s; it said last: no such table',
  );
  expect(lines[1]).toContain('starts again in 1 s');
});

it('keeps what a process writes in a log of its own', async () => {
  supervisor.start(program('chatty', 'console.log(process.env.GREETING); setInterval(() => {}, 1000)'));
  const log = () => readFileSync(join(directory, 'chatty.log'), 'utf8');
  await expect.poll(log).toBe('hello\n');
});

it('stops a process that does not listen', async () => {
  supervisor.start(
    program('deaf', 'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 1000)'),
  );
  await expect.poll(() => readFileSync(join(directory, 'deaf.log'), 'utf8')).toBe('up\n');
  const pid = state()?.pid ?? 0;
  await supervisor.stop();
  expect(isAlive(pid)).toBe(false);
});

it('leaves no child behind when it is killed itself', async () => {
  const child = program('child', 'setInterval(() => {}, 1000)');
  const parent = program(
    'parent',
    `import { Supervisor } from ${JSON.stringify(join(import.meta.dirname, 'supervisor.ts'))};
     const supervisor = new Supervisor({ logDir: ${JSON.stringify(directory)}, say() {}, changed() {} });
     supervisor.start({ name: 'child', entry: ${JSON.stringify(child.entry)}, args: [], env: () => ({}) });
     process.send(supervisor.states()[0].pid);`,
  );
  const running = fork(parent.entry);
  const [pid] = await once(running, 'message');
  expect(isAlive(Number(pid))).toBe(true);
  running.kill('SIGKILL');
  await expect.poll(() => isAlive(Number(pid))).toBe(false);
});
