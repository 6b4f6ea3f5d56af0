/** `heddle up` as a process of its own, as a person would start it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Playwright may run on another Node; the product runs on the one that it pins. */
const node = join(root, 'node_modules/.bin/node');
const entry = join(root, 'packages/cli/src/main.ts');

/** What a command said, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly child: ChildProcess;
  /** What it has said on stderr so far. */
  said(): string;
  readonly ended: Promise<Ended>;
}

/** Starts `heddle <args>`. Whoever starts it ends it. */
export function heddle(args: readonly string[], env: Readonly<Record<string, string>> = {}): Command {
  const child = spawn(node, [entry, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, stdout, stderr }));
  return { child, said: () => stderr, ended };
}

/** What `heddle up` writes down about its processes. */
export interface Processes {
  readonly console: string;
  readonly gateway: string;
  readonly otlp: string;
  readonly ads: string;
  readonly pid: number;
  readonly processes: readonly {
    readonly name: string;
    readonly pid: number | null;
    readonly restarts: number;
    readonly appPort?: number;
    readonly inboundPort?: number;
    readonly outboundPort?: number;
    readonly adminPort?: number;
  }[];
}

export function readProcesses(dataDir: string): Processes {
  return JSON.parse(readFileSync(join(dataDir, 'processes.json'), 'utf8'));
}

export interface Demo {
  readonly command: Command;
  readonly dataDir: string;
  /** Removes the data; the processes must be gone by then. */
  removeData(): void;
}

const readyWithinMs = 60_000;

/** Bookinfo on free ports with a data directory of its own, once `/readyz` answers 200. @throws with its words when it does not */
export async function startDemo(): Promise<Demo> {
  const dataDir = mkdtempSync(join(tmpdir(), 'heddle-e2e-'));
  const command = heddle(['up', '--port', '0', '--data', dataDir]);
  try {
    await untilReady(command, dataDir);
  } catch (error) {
    command.child.kill('SIGKILL');
    await command.ended;
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
  return {
    command,
    dataDir,
    removeData: () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 }),
  };
}

async function untilReady({ child, said }: Command, dataDir: string): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  while (!(await isReady(dataDir))) {
    if (child.exitCode !== null) throw new Error(`heddle up ended with ${child.exitCode}:\n${said()}`);
    if (Date.now() > deadline)
      throw new Error(`heddle up was not ready after ${readyWithinMs} ms:\n${said()}`);
    await pause(100);
  }
}

async function isReady(dataDir: string): Promise<boolean> {
  try {
    const { ok } = await fetch(`${readProcesses(dataDir).console}/readyz`);
    return ok;
  } catch {
    // Not written yet, or not listening yet.
    return false;
  }
}

/** Those of `pids` that still run after `withinMs` at the most. */
export async function stillRunning(pids: readonly number[], withinMs: number): Promise<number[]> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const running = pids.filter(isRunning);
    if (running.length === 0 || Date.now() > deadline) return running;
    await pause(20);
  }
}

/** A zombie has ended: where nobody reaps orphans, as in many containers, it stays in the table. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    // No /proc here: what takes a signal runs.
    return process.platform !== 'linux';
  }
}
