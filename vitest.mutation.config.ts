/** The fast tests of the domain, as `npm run test:mutation` runs them against each mutant. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (name: string): [string, string] => [
  `@desist/${name}`,
  fileURLToPath(new URL(`./packages/${name}/src/index.ts`, import.meta.url)),
];

export default defineConfig({
  // Stryker works on a copy: packages must not resolve to the original.
  resolve: { alias: Object.fromEntries(['domain', 'contracts', 'pipeline', 'memory'].map(source)) },
  test: {
    include: [
      'packages/domain/src/**/*.test.ts',
      'test/rules/**/*.test.ts',
      'test/properties/fold.property.test.ts',
      'test/golden/replies.test.ts',
    ],
    // The engine's, not the domain's.
    exclude: ['test/rules/{clock,unreadable}.test.ts'],
    // One worker reads every module once: most of a run's time is reading them.
    isolate: false,
    env: { PROPERTY_RUNS: '150' },
    testTimeout: 60_000,
    // A mutant is killed by the first test that fails.
    bail: 1,
  },
});
