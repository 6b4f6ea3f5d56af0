/** `npm start`: everything on a bare clone. Installs, builds what is stale, and hands over to `heddle up`. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, nodeBinary, root } from './install.mjs';

ensureInstalled();
const node = nodeBinary();
const build = spawn(node, [join(root, 'scripts/build-console.mjs')], { stdio: 'inherit' });
build.once('exit', (code) => {
  if (code !== 0) process.exit(code ?? 1);
  run(node, [
    join(root, 'packages/cli/src/main.ts'),
    'up',
    '--data',
    join(root, '.heddle'),
    ...process.argv.slice(2),
  ]);
});

/** Runs the rest in a child of the same process group: Ctrl-C reaches both, and we leave with its code. */
function run(command, args) {
  const child = spawn(command, args, { stdio: 'inherit', cwd: process.cwd() });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
