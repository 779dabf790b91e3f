/** The catalogue of notifiers: one line registers a module, nothing else changes. */
import type { Notifier } from '../engine/modules.ts';

export const notifiers: readonly Notifier[] = [];
