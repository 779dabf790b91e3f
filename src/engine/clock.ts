/** The only source of "now": a fixed one makes a run repeatable, the simulation has its own. */
export interface Clock {
  /** Unix time, ms. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
export const fixedClock = (at: number): Clock => ({ now: () => at });
