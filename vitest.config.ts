/** Two projects: pure tests share a process, whole-system tests get their own (the embedded engine needs forks). */
import { defineConfig } from 'vitest/config';

const shared = { pool: 'forks', testTimeout: 20_000, hookTimeout: 60_000, allowOnly: false } as const;

export default defineConfig({
  test: {
    passWithNoTests: false,
    globalSetup: 'test/support/prepare.ts',
    projects: [
      {
        test: { ...shared, name: 'pure', include: ['src/**/*.test.ts', 'console/**/*.test.ts'], exclude: ['src/store/**'], isolate: false },
      },
      { test: { ...shared, name: 'whole', include: ['test/**/*.test.ts', 'src/store/**/*.test.ts'], testTimeout: 60_000 } },
    ],
  },
});
