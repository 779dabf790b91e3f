/** Sizes that never change. Apart, so that recognising a file need not load the decoder. */
export type Version = 5 | 9 | 10;

export const HEADER_BYTES: Readonly<Record<Version, number>> = { 5: 24, 9: 20, 10: 16 };
/** Of NetFlow v5. */
export const RECORD_BYTES = 48;
