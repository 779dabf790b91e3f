/** The catalogue of collectors: one line registers a module, nothing else changes. */
import type { Collector } from '../engine/modules.ts';

export const collectors: readonly Collector[] = [];
