import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['source'] };
/**
 * With a broker of their own, or under load: two files at a time, behind all others, because they wait for sessions and restarts more than they
 * work. More of them would time each other out.
 */
const ALONE = [
  'test/{integration,invariants,examples}/**/*.test.ts',
  'test/contract/{log,large,fair-load}.test.ts',
  'test/e2e/{republish,newcomer}.test.ts',
];
// A worker for each core: vitest leaves one of them to itself, which has little to do.
const EVERY_CORE = '100%';
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
          maxWorkers: EVERY_CORE,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'services',
          include: ['test/{contract,e2e,console}/**/*.test.ts'],
          exclude: ALONE,
          globalSetup: ['test/support/servers/global-setup.ts'],
          setupFiles: ['test/support/seed.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: EVERY_CORE,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'servers',
          include: ALONE,
          globalSetup: ['test/support/servers/global-setup.ts'],
          setupFiles: ['test/support/seed.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
        },
      },
    ],
  },
});
