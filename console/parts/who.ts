/** Who did something, as people read it: the hub's own names in words, everybody else as they are called. */
import type { Words } from '../words/ja.ts';

export function whoText(who: string, words: Words): string {
  if (who === 'local-administrator' || who === 'command-line') return words.app.localAdministrator;
  if (who === 'system') return words.app.hub;
  // Names of tokens have no colon; these are the hub's own schedules.
  return who.startsWith('schedule:') ? words.purposes.daily : who;
}
