import { defineConfig } from '@playwright/test';

/** One mesh for all tests, started by global setup; one worker, because the tests change its configuration. */
export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  // The README's pictures are taken on purpose, not by every run.
  testIgnore: process.env['UPDATE_SCREENSHOTS'] === '1' ? [] : '**/screenshots.spec.ts',
  outputDir: '../test-results/e2e',
  globalSetup: './global-setup.ts',
  workers: 1,
  retries: 0,
  // Generous: a test that waits for an event ends with it, and a machine may be busy otherwise.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  // `npm test` counts from the report; without a file for it, it would fill the terminal.
  reporter: process.env['PLAYWRIGHT_JSON_OUTPUT_NAME'] === undefined ? 'list' : [['list'], ['json']],
  use: {
    actionTimeout: 20_000,
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    // Without a film of every test: that costs more than the tests.
    trace: { mode: 'retain-on-failure', screenshots: false },
    launchOptions: {
      ...(process.env['CHROMIUM_PATH'] === undefined ? {} : { executablePath: process.env['CHROMIUM_PATH'] }),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
