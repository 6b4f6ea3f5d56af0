/** Installs the packages when the lock file says other than what is there. Plain JavaScript: the machine's own Node runs it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const marker = join(root, 'node_modules', '.heddle-installed');
const pinnedNode = join(root, 'node_modules', 'node', 'bin', 'node');

export function ensureInstalled() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const installed = existsSync(marker) && existsSync(pinnedNode) ? readFileSync(marker, 'utf8') : '';
  if (installed === wanted) return;
  console.error('installing packages (about a minute the first time)');
  const started = Date.now();
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status } = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    console.error('npm ci failed; its messages are above. A package registry must be reachable.');
    process.exit(1);
  }
  writeFileSync(marker, wanted);
  console.error(`packages installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** The Node that the project pins, whatever the machine has. */
export function nodeBinary() {
  return pinnedNode;
}
