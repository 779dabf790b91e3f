/** The catalogue of notifiers: one line registers a module, nothing else changes. */
import type { Notifier } from '../engine/modules.ts';
import letter from './letter/index.ts';
import mail from './mail/index.ts';

export const notifiers: readonly Notifier[] = [mail, letter];
