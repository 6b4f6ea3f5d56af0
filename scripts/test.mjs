/** `npm test`: everything on a bare clone. Unit tests, then the browser tests against a running mesh; closes with the counts. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { ensureEnvoy } from './envoy.mjs';
import { ensureInstalled, nodeBinary, root } from './install.mjs';

ensureInstalled();
const node = nodeBinary();
const results = join(root, 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const total = { passed: 0, failed: 0, skipped: 0 };
run('unit tests', unitTests);
run('browser tests', browserTests);
console.log(
  `${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`,
);
process.exit(total.failed > 0 ? 1 : 0);

function run(name, step) {
  const started = Date.now();
  console.error(`\n== ${name}`);
  const counts = step();
  for (const key of Object.keys(total)) total[key] += counts[key];
  const seconds = Math.round((Date.now() - started) / 1000);
  console.error(
    `== ${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${seconds} s`,
  );
}

function unitTests() {
  const envoy = ensureEnvoy();
  if (envoy === undefined) {
    console.error('no Envoy, and none could be installed: the tests against it are skipped (set ENVOY_BIN)');
  }
  const report = join(results, 'unit.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status } = spawnSync(node, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...(envoy === undefined ? {} : { ENVOY_BIN: envoy }) },
  });
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  // A file that cannot be loaded fails without a failed test in it.
  const failed = numFailedTests === 0 && status !== 0 ? 1 : numFailedTests;
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests };
}

function browserTests() {
  const chromium = ensureChromium(node);
  if (chromium === undefined) {
    console.error(
      'no Chromium, and none could be installed: the browser tests are skipped (set CHROMIUM_PATH)',
    );
    return { passed: 0, failed: 0, skipped: 1 };
  }
  if (spawnSync(node, [join(root, 'scripts/build-console.mjs')], { stdio: 'inherit' }).status !== 0) {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const report = join(results, 'e2e.json');
  const cli = join(root, 'node_modules/@playwright/test/cli.js');
  const { status } = spawnSync(node, [cli, 'test', '--config', join(root, 'e2e/playwright.config.ts')], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      PLAYWRIGHT_JSON_OUTPUT_NAME: report,
      ...(chromium === '' ? {} : { CHROMIUM_PATH: chromium }),
    },
  });
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const { expected, unexpected, flaky, skipped } = JSON.parse(readFileSync(report, 'utf8')).stats;
  const failed = unexpected === 0 && status !== 0 ? 1 : unexpected;
  return { passed: expected + flaky, failed, skipped };
}
