/** `npm test`: everything on a bare clone. Unit tests, then the browser tests against a running mesh; closes with the counts. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { ensureChromium } from './chromium.mjs';
import { ensureEnvoy } from './envoy.mjs';
import { ensureInstalled, nodeBinary, root } from './install.mjs';

ensureInstalled();
const node = nodeBinary();
const results = join(root, 'test-results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });

const total = { passed: 0, failed: 0, skipped: 0 };
/** `{name, message}` of what failed, told last: the end of a long log is what is read. */
const failures = [];
run('unit tests', unitTests);
run('browser tests', browserTests);
for (const { name, message } of failures.slice(0, 20)) {
  console.log(`failed: ${name}\n${message.split('\n').slice(0, 12).join('\n')}\n`);
}
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
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  for (const file of testResults.filter((result) => result.status === 'failed')) {
    const tests = file.assertionResults.filter((test) => test.status === 'failed');
    const path = relative(root, file.name);
    if (tests.length === 0) failures.push({ name: path, message: file.message });
    for (const { fullName, failureMessages } of tests) {
      failures.push({ name: `${path}: ${fullName}`, message: failureMessages.join('\n') });
    }
  }
  // A file that cannot be loaded fails without a failed test in it, and so does what nobody caught.
  const failed = numFailedTests === 0 && status !== 0 ? 1 : numFailedTests;
  if (failed > failures.length) failures.push({ name: 'unit tests', message: 'Vitest says why, above.' });
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
  const { suites, errors, stats } = JSON.parse(readFileSync(report, 'utf8'));
  const { expected, unexpected, flaky, skipped } = stats;
  for (const spec of suites.flatMap(specsOf).filter(({ ok }) => !ok)) {
    const messages = spec.tests.flatMap((test) => test.results).flatMap((result) => result.errors);
    failures.push({
      name: `${spec.file}: ${spec.title}`,
      message: stripVTControlCharacters(messages.map(({ message }) => message).join('\n')),
    });
  }
  for (const { message } of errors) failures.push({ name: 'browser tests', message });
  const failed = unexpected === 0 && status !== 0 ? 1 : unexpected;
  return { passed: expected + flaky, failed, skipped };
}

/** The specs of a suite of Playwright's report and of the suites in it. */
function specsOf({ specs, suites = [] }) {
  return [...specs, ...suites.flatMap(specsOf)];
}
