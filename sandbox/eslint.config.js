// The house's lint, and one habit of this room: node:test's functions answer promises that its runner waits for.
import house from '../eslint.config.js';

const safe = ['after', 'afterEach', 'before', 'describe', 'test'];

export default [
  ...house,
  {
    files: ['**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: safe }] },
      ],
    },
  },
];
