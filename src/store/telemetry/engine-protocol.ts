/** What the hub and its engine process say to each other; answers cross as JSONCompact text, rows to insert never do. */
export type EngineVerb =
  | { readonly verb: 'exec'; readonly text: string }
  | { readonly verb: 'query'; readonly text: string }
  | { readonly verb: 'cancel'; readonly call: number }
  | { readonly verb: 'close' };

export type EngineRequest = EngineVerb & { readonly id: number };

export type EngineReply = { readonly id: number; readonly text: string } | { readonly id: number; readonly problem: string };

/** The reply with this id says that the engine is open, or why it is not. */
export const OPENING = 0;

export interface EngineOptions {
  readonly path: string;
  readonly memoryBytes: number;
  readonly readers: number;
}
