/** Which captures the compiled loops read: classic, little-endian, Ethernet. */
import { LINK } from './numbers.ts';

/** Ticks per second by the 24 bytes of the file's header; 0 for any other capture. */
export function ticksOfPlain(head: DataView): number {
  const magic = head.getUint32(0, true);
  const isVersion24 = head.getUint16(4, true) === 2 && head.getUint16(6, true) === 4;
  if (!isVersion24 || (head.getUint32(20, true) & 0xffff) !== LINK.ethernet) return 0;
  if (magic === 0xa1b2c3d4) return 1_000_000;
  return magic === 0xa1b23c4d ? 1_000_000_000 : 0;
}
