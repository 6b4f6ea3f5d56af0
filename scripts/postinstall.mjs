// Runs at the end of `npm ci`: prepares what is derived from installed packages and not committed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = join(root, 'packages/xds/src/descriptors/install.ts');

// Without packages (`npm install --package-lock-only`) or without sources (an image that installs before it copies them)
// there is nothing to do: the first use makes the file then.
if (existsSync(entry) && existsSync(join(root, 'node_modules/@bufbuild/protobuf'))) {
  const node = join(root, 'node_modules/node/bin/node');
  const { status, error } = spawnSync(existsSync(node) ? node : process.execPath, [entry], {
    stdio: 'inherit',
  });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
}
