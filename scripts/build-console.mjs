/** Builds the console when its sources are newer than what was built. Run by the pinned Node: the machine's own may lack globSync. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

const built = join(root, 'apps/web/dist/index.html');

if (!existsSync(built) || statSync(built).mtimeMs <= newestSource()) build();

function build() {
  console.error('building the console');
  const started = Date.now();
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { status } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, 'apps/web'),
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) {
    console.error('the console could not be built; its messages are above');
    process.exit(1);
  }
  console.error(`console built in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function newestSource() {
  const files = globSync(
    [
      'apps/web/{src,public}/**/*',
      'apps/web/{index.html,vite.config.ts,package.json}',
      'packages/{schema,traffic}/src/**/*.ts',
      'package-lock.json',
    ],
    { cwd: root },
  );
  return Math.max(...files.map((file) => statSync(join(root, file)).mtimeMs));
}
