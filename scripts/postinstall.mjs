// Runs at the end of `npm ci`: prepares what is derived from installed packages and not committed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = join(root, 'packages/xds/src/descriptors/install.ts');

// An image may install packages before it copies the sources; the first use makes the file then.
if (existsSync(entry)) {
  const node = join(root, 'node_modules/node/bin/node');
  const { status, error } = spawnSync(existsSync(node) ? node : process.execPath, [entry], {
    stdio: 'inherit',
  });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
}
