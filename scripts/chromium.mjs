/** Finds Chromium for the browser tests, or installs it: Debian's package as root, else Playwright's own. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function find() {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && existsSync(named)) return named;
  return places.find((path) => existsSync(path));
}

/** @returns the path of a browser, "" for the one Playwright brings, undefined when none can be had */
export function ensureChromium(node) {
  const found = find();
  if (found !== undefined) return found;
  console.error('installing Chromium for the browser tests');
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const apt = (...args) =>
      spawnSync('apt-get', args, {
        stdio: ['ignore', 2, 2],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      }).status;
    if (apt('-qq', 'update') === 0 && apt('-qq', 'install', '-y', 'chromium') === 0) return find();
  }
  const cli = join(root, 'node_modules/@playwright/test/cli.js');
  const { status } = spawnSync(node, [cli, 'install', '--with-deps', 'chromium'], {
    stdio: ['ignore', 2, 2],
  });
  return status === 0 ? '' : undefined;
}
