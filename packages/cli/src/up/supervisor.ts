import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ChildLog } from './child-log.ts';

/** A process that is kept running. */
export interface ProcessSpec {
  /** Unique, and the name of its log. */
  readonly name: string;
  readonly entry: string;
  readonly args: readonly string[];
  /** Made anew for each start: tokens are good for one. */
  readonly env: () => Readonly<Record<string, string>>;
}

export interface ProcessState {
  readonly name: string;
  readonly pid: number | undefined;
  readonly restarts: number;
}

export interface SupervisorOptions {
  readonly logDir: string;
  /** A process has come or gone. */
  readonly changed: () => void;
  readonly say: (line: string) => void;
}

interface Kept {
  readonly spec: ProcessSpec;
  readonly log: ChildLog;
  child: ChildProcess | undefined;
  restarts: number;
  backoffMs: number;
  startedAtMs: number;
  timer: NodeJS.Timeout | undefined;
}

const firstBackoffMs = 500;
const longestBackoffMs = 10_000;
/** A process that ran this long starts over with the shortest backoff. */
const steadyAfterMs = 20_000;
/** Between asking the children to end and ending them: the whole stop stays under 3 s. */
const graceMs = 2000;

const endWithParent = fileURLToPath(new URL('./end-with-parent.ts', import.meta.url));

/** Starts processes, starts them again with backoff when they end, and ends them all. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #kept = new Map<string, Kept>();
  #isStopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  states(): ProcessState[] {
    return [...this.#kept.values()].map(({ spec, child, restarts }) => ({
      name: spec.name,
      pid: child?.pid,
      restarts,
    }));
  }

  start(spec: ProcessSpec): void {
    const kept: Kept = {
      spec,
      log: new ChildLog(join(this.#options.logDir, `${spec.name}.log`)),
      child: undefined,
      restarts: 0,
      backoffMs: firstBackoffMs,
      startedAtMs: 0,
      timer: undefined,
    };
    this.#kept.set(spec.name, kept);
    this.#spawn(kept);
  }

  #spawn(kept: Kept): void {
    const { spec, log } = kept;
    kept.timer = undefined;
    kept.startedAtMs = Date.now();
    // In our own process group, with a channel to us: a terminal's Ctrl-C and our death reach it by themselves.
    const child = spawn(process.execPath, ['--import', endWithParent, spec.entry, ...spec.args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...inherited(), ...spec.env() },
    });
    kept.child = child;
    if (child.stdout !== null) log.add(child.stdout);
    if (child.stderr !== null) log.add(child.stderr);
    child.once('error', (error) => this.#ended(kept, child, error.message));
    child.once('exit', (code, signal) => this.#ended(kept, child, signal ?? `exit code ${code}`));
    this.#options.changed();
  }

  #ended(kept: Kept, child: ChildProcess, why: string): void {
    if (kept.child !== child) return;
    kept.child = undefined;
    this.#options.changed();
    if (this.#isStopping) return;
    if (Date.now() - kept.startedAtMs > steadyAfterMs) kept.backoffMs = firstBackoffMs;
    const { lastLine } = kept.log;
    this.#options.say(
      `${kept.spec.name} ended (${why}), starts again in ${kept.backoffMs / 1000} s${lastLine === '' ? '' : `; it said last: ${lastLine.slice(0, 200)}`}`,
    );
    kept.restarts++;
    kept.timer = setTimeout(() => this.#spawn(kept), kept.backoffMs);
    kept.backoffMs = Math.min(kept.backoffMs * 2, longestBackoffMs);
  }

  /** Asks every process to end, and ends after 2 s those that have not. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const kept = [...this.#kept.values()];
    for (const { timer } of kept) clearTimeout(timer);
    const children = kept.map(({ child }) => child).filter((child) => child !== undefined);
    const gone = children.map(
      (child) =>
        new Promise<void>((resolve) => (hasEnded(child) ? resolve() : child.once('exit', () => resolve()))),
    );
    for (const child of children) child.kill('SIGTERM');
    const force = setTimeout(() => {
      for (const child of children) if (!hasEnded(child)) child.kill('SIGKILL');
    }, graceMs);
    await Promise.all(gone);
    clearTimeout(force);
    for (const { log } of kept) log.close();
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Our environment without what would make a child speak through somebody else's proxy. */
function inherited(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !/^(https?_proxy|all_proxy|no_proxy)$/i.test(entry[0]),
  );
  return Object.fromEntries(kept);
}
