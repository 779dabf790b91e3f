/** The catalogue of detectors: one line registers a module, nothing else changes. */
import type { Detector } from '../engine/modules.ts';
import backscatter from './backscatter/index.ts';
import infectedHost from './infected-host/index.ts';
import scanner from './scanner/index.ts';

export const detectors: readonly Detector[] = [infectedHost, scanner, backscatter];
