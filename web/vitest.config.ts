import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  define: { __KARV_VERSION__: '"1.0.0"' },
  test: { include: ['**/test/**/*.test.{ts,tsx}'], exclude: ['**/node_modules/**', '**/dist/**'] },
});
