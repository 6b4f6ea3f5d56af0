import { createWriteStream, type WriteStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** One child's output may fill this much of the disk; what is more is counted, not kept. */
const maxBytes = 10 * 1024 * 1024;

/** A log file that begins anew with each run. */
export class ChildLog {
  readonly #file: WriteStream;
  #written = 0;
  #lastLine = '';

  constructor(path: string) {
    this.#file = createWriteStream(path, { flags: 'w', mode: 0o600 });
    // A full disk must not end the mesh: the log is then the poorer.
    this.#file.on('error', () => {});
  }

  /** What the child said last: the reason, when it ends. */
  get lastLine(): string {
    return this.#lastLine;
  }

  add(output: Readable): void {
    output.on('data', (chunk: Buffer) => {
      const line = chunk.toString('utf8').trimEnd().split('\n').at(-1) ?? '';
      if (line !== '') this.#lastLine = line;
      if (this.#written > maxBytes) return;
      this.#written += chunk.length;
      this.#file.write(this.#written > maxBytes ? '(log is full; the rest is left out)\n' : chunk);
    });
  }

  close(): void {
    this.#file.end();
  }
}
