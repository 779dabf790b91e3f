/** The parts of a pipeline that keep findings and books, for benchmarks of what comes before them: they take everything and keep nothing. */
import type { FindingStore, IntakeLedger } from '../src/engine/ports.ts';

const nothing = async (): Promise<void> => undefined;

export const noFindings: FindingStore = {
  fold: async () => ({ created: 0, updated: 0, casesOpened: 0, casesReopened: 0 }),
  retract: nothing,
};

/** Every sensor watches so many addresses. */
export const noLedger = (addresses: number | null): IntakeLedger => ({
  begin: async ({ receivedAt }) => ({ state: 'new', receivedAt }),
  advance: nothing,
  complete: nothing,
  fail: nothing,
  quarantine: nothing,
  alarm: nothing,
  sensor: async (_tenant, id) => ({ id, title: id, addresses }),
});
