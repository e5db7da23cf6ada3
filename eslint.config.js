// Lint for everything written in TypeScript: pages, sandbox, tests. The rules that matter here are about
// promises nobody waits for, types that leak `any`, and doors for script injection.
import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const injection = [
  {
    selector: "AssignmentExpression[left.property.name='innerHTML']",
    message: 'Set textContent or build nodes: innerHTML is a door for script.',
  },
  {
    selector: "AssignmentExpression[left.property.name='outerHTML']",
    message: 'Set textContent or build nodes: outerHTML is a door for script.',
  },
  {
    selector: "CallExpression[callee.property.name='insertAdjacentHTML']",
    message: 'Build nodes instead of HTML text.',
  },
  { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'Render nodes instead of HTML text.' },
  {
    selector: "JSXAttribute[name.name='style']",
    message: 'Use a class: the Content-Security-Policy allows no inline style.',
  },
  {
    selector: "CallExpression[callee.property.name='postMessage'][arguments.1.value='*']",
    message: "Name the exact target origin: '*' hands the message to whoever is there.",
  },
];

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', 'build/', 'var/', 'artifacts/']),
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        // The test runner waits for these itself.
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'describe', 'it', 'suite'], package: 'node:test' },
          ],
        },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly' } },
  },
  {
    files: ['web/**/*.js'],
    languageOptions: {
      globals: { window: 'readonly', document: 'readonly', location: 'readonly', URLSearchParams: 'readonly' },
    },
  },
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-restricted-syntax': ['error', ...injection],
    },
  },
  // Tests build pages from text that they wrote themselves.
  { files: ['**/test/**', '**/*.test.ts', '**/*.test.tsx'], rules: { 'no-restricted-syntax': 'off' } },
);
