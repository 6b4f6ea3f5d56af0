import type { IncomingMessage } from 'node:http';

/** What is read and thrown away at the most, and for how long, before a refused body is answered. */
const maxBytes = 128 * 1024 * 1024;
const maxMs = 5000;

/**
 * Reads the rest of a body that was refused for its size, and forgets it.
 *
 * A client that is still sending sees a broken connection instead of the answer when the server closes with data unread
 * (RFC 9112 §9.6, lingering close).
 */
export function discardBody(request: IncomingMessage): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let read = 0;
    const count = (chunk: Buffer) => {
      read += chunk.length;
      if (read > maxBytes) done();
    };
    const timer = setTimeout(() => done(), maxMs);
    const done = () => {
      clearTimeout(timer);
      request.off('data', count).off('end', done).off('close', done);
      resolve();
    };
    request.on('data', count).on('end', done).on('close', done).resume();
  });
}
