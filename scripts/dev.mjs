/** `npm run dev`: the demo mesh, restarted when its sources change, and the console by Vite with hot reload. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled, nodeBinary, root } from './install.mjs';

ensureInstalled();
const node = nodeBinary();
const main = join(root, 'packages/cli/src/main.ts');
const mesh = spawn(
  node,
  [
    '--watch',
    '--watch-preserve-output',
    main,
    'up',
    '--data',
    join(root, '.heddle'),
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);
const vite = spawn(node, [join(root, 'node_modules/vite/bin/vite.js')], {
  cwd: join(root, 'apps/web'),
  stdio: 'inherit',
});

let isStopping = false;
function stop() {
  if (isStopping) return;
  isStopping = true;
  mesh.kill('SIGINT');
  vite.kill('SIGTERM');
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
mesh.once('exit', stop);
vite.once('exit', stop);
