/** The fast tests of the domain, as `npm run test:mutation` runs them against each mutant. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

const source = (name: string): [string, string] => [
  `@desist/${name}`,
  fileURLToPath(new URL(`./packages/${name}/src/index.ts`, import.meta.url)),
];

/** The first test that fails kills a mutant: examples are asked before properties and tables of replies. */
class ExamplesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const cost = ({ moduleId }: TestSpecification): number => (/properties|golden/.test(moduleId) ? 1 : 0);
    return files.toSorted((a, b) => cost(a) - cost(b) || (a.moduleId < b.moduleId ? -1 : 1));
  }
}

export default defineConfig({
  // Stryker works on a copy: packages must not resolve to the original.
  resolve: { alias: Object.fromEntries(['domain', 'contracts', 'pipeline', 'memory'].map(source)) },
  test: {
    include: [
      'packages/domain/src/**/*.test.ts',
      'test/rules/**/*.test.ts',
      'test/properties/{fold,forget}.property.test.ts',
      'test/golden/replies.test.ts',
    ],
    // The engine's, not the domain's.
    exclude: ['test/rules/{clock,unreadable}.test.ts'],
    setupFiles: ['test/support/mutation.ts'],
    sequence: { sequencer: ExamplesFirst },
    // One worker reads every module once: reading them takes longer than the tests.
    isolate: false,
    env: { PROPERTY_RUNS: '150' },
    testTimeout: 60_000,
    // A mutant is killed by the first test that fails.
    bail: 1,
  },
});
