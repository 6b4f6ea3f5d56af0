/** `test` with the running mesh at hand; pages open on its console. */
import { test as base } from '@playwright/test';
import { Mesh } from './mesh.ts';

export { expect } from '@playwright/test';

export const test = base.extend<object, { mesh: Mesh }>({
  mesh: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads from this pattern which fixtures are needed
    async ({}, use) => {
      const dataDir = process.env['HEDDLE_E2E_DATA'];
      if (dataDir === undefined) throw new Error('global setup has started no mesh');
      const mesh = new Mesh(dataDir);
      await use(mesh);
      mesh.close();
    },
    { scope: 'worker' },
  ],
  baseURL: async ({ mesh }, use) => use(mesh.consoleUrl),
});
