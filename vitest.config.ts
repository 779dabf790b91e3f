/**
 * Two projects: pure tests share a process, whole-system tests get their own (the embedded engine needs forks).
 *
 * Many files wait more than they compute, so there are more workers than a small machine has
 * cores; the longest files begin first, so that none is left alone at the end.
 */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const LONGEST = ['test/browser', 'test/crash', 'test/live', 'src/store/telemetry', 'test/', 'src/store/'];

function place({ moduleId, project }: TestSpecification): number {
  const found = LONGEST.findIndex((start) => moduleId.startsWith(start, project.config.root.length + 1));
  return found < 0 ? LONGEST.length : found;
}

class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((a, b) => place(a) - place(b) || (a.moduleId < b.moduleId ? -1 : 1)));
  }
}

const shared = {
  pool: 'forks',
  testTimeout: 60_000,
  hookTimeout: 60_000,
  allowOnly: false,
  // A page or an engine beside two others may need more than the usual second.
  expect: { poll: { timeout: 10_000 } },
} as const;

export default defineConfig({
  test: {
    passWithNoTests: false,
    globalSetup: 'test/support/prepare.ts',
    maxWorkers: Math.max(3, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: { ...shared, name: 'pure', include: ['src/**/*.test.ts', 'console/**/*.test.ts'], exclude: ['src/store/**'], isolate: false },
      },
      { test: { ...shared, name: 'whole', include: ['test/**/*.test.ts', 'src/store/**/*.test.ts'] } },
    ],
  },
});
