import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const PURE = ['Date', 'process', 'Buffer', 'console', 'setTimeout', 'setInterval', 'performance', 'crypto', 'fetch', 'globalThis'];

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', '**/.cache/', '*.config.js', '.dependency-cruiser.cjs', 'bin/*.js', 'scripts/*.js'] },
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
    files: ['packages/domain/src/**/*.ts', 'packages/pipeline/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: ['node:*'] }],
      'no-restricted-globals': ['error', ...PURE],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'The core has no chance in it.' }],
    },
  },
  {
    files: ['services/*/src/**/*.ts', 'packages/assembly/src/main.ts', 'test/**/*.ts', 'scripts/**/*.ts', 'examples/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off', '@typescript-eslint/unbound-method': 'off' },
  },
);
