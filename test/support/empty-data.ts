/**
 * A data folder as the first start leaves it, copied instead of made.
 *
 * Both stores take seconds to set up and a moment to copy. What a first start does is
 * tested where that is the question; everywhere else it is only waited for.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    emptyData: string;
  }
}

/** Both stores; returns the folder. */
export const emptyData = (data: string): string => copied('', data);

/** The telemetry store alone. */
export const emptyTelemetry = (path: string): string => copied('telemetry', path);

function copied(part: string, target: string): string {
  // The engine's links between its folders are relative and must stay so.
  cpSync(join(inject('emptyData'), part), target, { recursive: true, verbatimSymlinks: true });
  return target;
}
