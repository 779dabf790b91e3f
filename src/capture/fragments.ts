/**
 * Puts the pieces of datagrams together, as far as counting needs it.
 *
 * A datagram in pieces is one packet: its transport header counts once, with the piece
 * that completes it. Only the first bytes of a datagram are held, and only until then.
 */

/** Enough for the headers of a tunnel in a datagram. */
const HEAD_BYTES = 192;
/** Floods of first pieces must not fill the memory: the oldest unfinished datagram goes. */
const MOST_OPEN = 4096;

interface Datagram {
  head: Uint8Array<ArrayBuffer> | undefined;
  /** Known when the last piece has come. */
  total: number | undefined;
  /** Received stretches, ascending, neither touching nor overlapping. */
  stretches: [from: number, to: number][];
}

export interface Piece {
  readonly key: string;
  readonly offset: number;
  readonly length: number;
  readonly isLast: boolean;
  /** The bytes present of this piece. */
  readonly bytes: Uint8Array;
}

export class Fragments {
  readonly #open = new Map<string, Datagram>();

  /** Datagrams not yet complete. */
  get size(): number {
    return this.#open.size;
  }

  /** The head and length of the whole datagram when this piece completes it. */
  add(piece: Piece): { readonly head: DataView; readonly total: number } | undefined {
    const datagram = this.#open.get(piece.key) ?? this.#begin(piece.key);
    if (piece.offset === 0) datagram.head ??= new Uint8Array(piece.bytes.subarray(0, HEAD_BYTES));
    if (piece.isLast) datagram.total ??= piece.offset + piece.length;
    datagram.stretches = withStretch(datagram.stretches, piece.offset, piece.offset + piece.length);
    const { head, total, stretches } = datagram;
    const [first] = stretches;
    if (!head || total === undefined || !first || first[0] > 0 || first[1] < total) return undefined;
    this.#open.delete(piece.key);
    return { head: new DataView(head.buffer), total };
  }

  #begin(key: string): Datagram {
    const [oldest] = this.#open.keys();
    if (oldest !== undefined && this.#open.size >= MOST_OPEN) this.#open.delete(oldest);
    const datagram: Datagram = { head: undefined, total: undefined, stretches: [] };
    this.#open.set(key, datagram);
    return datagram;
  }
}

function withStretch(stretches: readonly [number, number][], from: number, to: number): [number, number][] {
  const apart = stretches.filter(([start, end]) => end < from || start > to);
  const touching = stretches.filter(([start, end]) => end >= from && start <= to);
  const merged: [number, number] = [Math.min(from, ...touching.map(([start]) => start)), Math.max(to, ...touching.map(([, end]) => end))];
  return [...apart, merged].sort((a, b) => a[0] - b[0]);
}
