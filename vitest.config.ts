import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['source'] };
const ssr = { resolve: { conditions: ['source'], externalConditions: ['source'] } };

// One report for whoever counts the tests (CI); people read the default one.
const report = process.env['DESIST_TEST_REPORT'];

export default defineConfig({
  test: {
    ...(report === undefined ? {} : { reporters: ['default', 'json'], outputFile: { json: report } }),
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'services/*/src/**/*.test.ts',
            'test/{support,golden,properties,rules,verdicts,formats,simulation,mutations}/**/*.test.ts',
          ],
          setupFiles: ['test/support/seed.ts'],
          testTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'servers',
          include: ['test/{contract,integration,invariants,e2e,examples}/**/*.test.ts'],
          globalSetup: ['test/support/servers/global-setup.ts'],
          setupFiles: ['test/support/seed.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Servers, engines and their load on the cores that CI has: side by side they would only time each other out.
          maxWorkers: 1,
        },
      },
    ],
  },
});
