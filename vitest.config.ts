import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

const resolve = { conditions: ['source'] };
const ssr = { resolve: { conditions: ['source'], externalConditions: ['source'] } };

/**
 * With a broker of their own, or under load: behind all others, because they wait for sessions and restarts more than they work, and take the
 * time from what is measured.
 */
const SERVERS = [
  'test/{integration,invariants,examples}/**/*.test.ts',
  'test/contract/{log,large,fair-load}.test.ts',
  'test/e2e/{republish,newcomer}.test.ts',
];

/** What is bound in time of a processor: each in a process of its own, because a large heap and code that has seen other inputs are slower. */
const LIMITS = ['test/formats/limits/*.test.ts', 'test/formats/hostile-mails.test.ts'];

/**
 * The longest of all projects, which begin first, so that none of them is left over at the end. They are known by name, because a fresh clone
 * knows no times. See docs/testing.md for how they are measured.
 */
const LONGEST = [
  'test/invariants/faults.test.ts',
  'test/console/console.test.ts',
  'test/simulation/simulation.test.ts',
  'test/e2e/newcomer.test.ts',
  'test/contract/reader.test.ts',
  'test/e2e/import.test.ts',
  'test/formats/limits/limits.test.ts',
  'test/e2e/webhooks.test.ts',
  'test/mutations/mutations.test.ts',
  'test/properties/bounds.property.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}`));
      return index < 0 ? LONGEST.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

/** As many as there are cores: vitest leaves one of them to itself, which has little to do. With more, what is bound in time fails. */
const maxWorkers = availableParallelism();
/** Modules are loaded once per worker, not once per file, which would cost a second of a processor each. Files leave nothing behind. */
const isolate = false;
const setupFiles = ['test/support/processor.ts', 'test/support/seed.ts'];
/** What tests start from the sources is compiled once. */
const env = { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/desist-compiled') };

// One report for whoever counts the tests (CI); people read the default one.
const report = process.env['DESIST_TEST_REPORT'];

export default defineConfig({
  test: {
    ...(report === undefined ? {} : { reporters: ['default', 'json'], outputFile: { json: report } }),
    sequence: { sequencer: LongestFirst },
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
          exclude: LIMITS,
          globalSetup: ['test/support/servers/programs.ts'],
          testTimeout: 60_000,
          // Simulations and properties make very many short-lived objects.
          execArgv: ['--max-semi-space-size=64'],
          ...{ setupFiles, isolate, maxWorkers, env },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'limits',
          include: LIMITS,
          testTimeout: 60_000,
          ...{ setupFiles, maxWorkers, env },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'services',
          include: ['test/{contract,e2e,console}/**/*.test.ts'],
          exclude: SERVERS,
          globalSetup: ['test/support/servers/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          ...{ setupFiles, isolate, maxWorkers, env },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'servers',
          include: SERVERS,
          globalSetup: ['test/support/servers/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
          ...{ setupFiles, isolate, env },
          maxWorkers: Math.max(2, maxWorkers),
        },
      },
    ],
  },
});
