/** What the parts of this screen agree on. */

/** The ways a constituent can be told, in the order they are offered. */
export const CHANNELS = ['mail', 'letter'] as const;
export type Channel = (typeof CHANNELS)[number];

/** States in which the case stands still until a person decides. */
export const WAITING: ReadonlySet<string> = new Set(['open', 'reopened', 'orphan']);
