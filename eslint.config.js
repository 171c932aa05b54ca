import { builtinModules } from 'node:module';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** What only Node has. */
const NODE_GLOBALS = ['Buffer', 'process', 'global', 'require', 'module', '__dirname', '__filename', 'setImmediate', 'clearImmediate'];
const PURE = [...NODE_GLOBALS, 'Date', 'console', 'setTimeout', 'setInterval', 'performance', 'crypto', 'fetch', 'globalThis'];
const NODE_MODULES = { paths: builtinModules.filter((name) => !name.includes(':')), patterns: ['node:*'] };

/** Verdicts and formats run in browsers, with what they import; test/formats/browser.test.ts tries it. */
const IN_BROWSERS = ['packages/verdicts/src/**/*.ts', 'packages/formats/src/**/*.ts'];

export default tseslint.config(
  {
    ignores: [
      'packages/console/src/page/api/schema.d.ts',
      '**/dist/',
      '**/node_modules/',
      '**/.cache/',
      '*.config.js',
      '.dependency-cruiser.cjs',
      'bin/*.js',
      'scripts/*.js',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.tests.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // Ports are asynchronous; an adapter that answers at once still keeps the port's shape.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      // `x satisfies never;` proves that a switch is complete.
      '@typescript-eslint/no-unused-expressions': 'off',
      // It does not see that state changes while a function awaits.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      'no-console': 'error',
    },
  },
  {
    // The console's page has the types of a browser, and a project of its own.
    files: ['packages/console/src/page/**/*.{ts,tsx}'],
    languageOptions: { parserOptions: { project: './packages/console/src/page/tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-imports': ['error', NODE_MODULES],
      'no-restricted-globals': ['error', ...NODE_GLOBALS.filter((name) => name !== 'module')],
    },
  },
  { files: ['**/*.ts'], rules: { '@typescript-eslint/max-params': ['error', { max: 4 }] } },
  {
    files: IN_BROWSERS,
    ignores: ['**/*.test.ts', 'packages/formats/src/event/hash128/node.ts'],
    rules: {
      'no-restricted-imports': ['error', NODE_MODULES],
      'no-restricted-globals': ['error', ...NODE_GLOBALS],
    },
  },
  {
    files: ['packages/domain/src/**/*.ts', 'packages/pipeline/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': ['error', NODE_MODULES],
      'no-restricted-globals': ['error', ...PURE],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'The core has no chance in it.' }],
    },
  },
  {
    files: ['services/*/src/**/*.ts', 'packages/runtime/src/main.ts', 'test/**/*.ts', 'scripts/**/*.ts', 'examples/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['packages/*/src/**/*.ts', 'services/*/src/**/*.ts'],
    ignores: ['packages/{postgres,store-postgres,log-postgres}/**', '**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.property.name=/^(query|script)$/] > :matches(Literal, TemplateLiteral).arguments:first-child',
          message: 'SQL stands in the stores: a statement has a file of its own there.',
        },
      ],
    },
  },
  {
    // What others wrote reaches a terminal through terminal.ts and output.ts only, which take control characters out of it.
    files: ['services/cli/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
);
