/** The catalogue of detectors: one line registers a module, nothing else changes. */
import type { Detector } from '../engine/modules.ts';

export const detectors: readonly Detector[] = [];
