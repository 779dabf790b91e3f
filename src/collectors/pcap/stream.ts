/**
 * A capture that never ends, as partial minute cells.
 *
 * Each flush closes every open minute, so that what was read is handed over and nothing
 * is held back; the same source may then have several cells in one minute, whose
 * counters add up. A minute without packets still gets its row in `sensor_minute`:
 * silence of the network and an outage of ours must look different.
 */
import { ClassicContainer, isClassicMagic } from '../../capture/classic.ts';
import { type Container, FRAME_CAPACITY, Frames } from '../../capture/frames.ts';
import { isPcapngMagic, PcapngContainer } from '../../capture/pcapng.ts';
import { YaguraError } from '../../engine/errors.ts';
import type { CollectedBatch, LiveContext, StreamDecoder } from '../../engine/modules.ts';
import { minuteOf, SensorMinutes } from '../../flow/sensor-minutes.ts';
import { Aggregator } from './aggregate.ts';
import { StreamHead } from './stream-head.ts';

const BLOCK = 512 * 1024;
/** Enough to tell the container. */
const MAGIC_BYTES = 12;
/** Bad packets are all counted; between two flushes the bytes of only so many are kept. */
const MOST_EXCERPTS = 100;
const TELESCOPE = { exporter: '', domain: 0, kind: 'telescope', lostUnit: '' };

export class CaptureStream implements StreamDecoder {
  readonly #context: LiveContext;
  readonly #frames = new Frames();
  readonly #aggregator: Aggregator;
  readonly #head = new StreamHead();
  readonly #minutes = new SensorMinutes();
  #container: Container | undefined;
  #from = 0;
  #to = 0;
  #packets = 0;
  #malformed = 0;
  #lastMinute = 0;
  readonly #toldLinks = new Set<number>();

  constructor(context: LiveContext) {
    this.#context = context;
    this.#aggregator = new Aggregator((_record, reason, excerpt) => {
      context.quarantine('', reason, this.#malformed++ < MOST_EXCERPTS ? excerpt() : '');
    });
    this.#setBuffer(new Uint8Array(BLOCK));
  }

  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      this.#makeRoom();
      const piece = bytes.subarray(at, at + this.#frames.bytes.length - this.#to);
      this.#frames.bytes.set(piece, this.#to);
      this.#to += piece.length;
      at += piece.length;
      this.#decode();
    }
  }

  flush(now: number): Omit<CollectedBatch, 'findings'> {
    this.#aggregator.finish();
    this.#context.packets?.flush();
    const { tenant, sensor } = this.#context;
    const { columns: cells } = this.#aggregator;
    const records = this.#packets;
    const rows = cells.rows;
    const columns = rows > 0 ? [cells.take(tenant, sensor)] : [];
    if (records > 0 || minuteOf(now) !== this.#lastMinute) this.#tellMinute(now, records, rows);
    const quality = this.#minutes.take(tenant, sensor);
    if (quality) columns.push(quality);
    this.#packets = 0;
    this.#malformed = 0;
    this.#warnOfForeignLinks();
    return { records, columns };
  }

  restart(): { readonly head: Uint8Array; readonly undecoded: number } {
    return { head: this.#head.bytes(), undecoded: this.#to - this.#from };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #tellMinute(now: number, received: number, records: number): void {
    const row = this.#minutes.open(TELESCOPE, now);
    row.received = received;
    row.records = records;
    row.malformed = this.#malformed;
    this.#lastMinute = minuteOf(now);
  }

  #decode(): void {
    const frames = this.#frames;
    this.#container ??= this.#recognise();
    const container = this.#container;
    if (!container) return;
    do {
      frames.firstRecord += frames.count;
      frames.count = 0;
      const from = this.#from;
      this.#from = container.index(frames, from, this.#to);
      this.#head.note(frames.view, from, this.#from);
      this.#packets += frames.count;
      this.#aggregator.take(frames);
      this.#context.packets?.take(frames);
      if (container.fault) throw new YaguraError(container.fault.code, container.fault.sentence);
    } while (frames.count === FRAME_CAPACITY);
  }

  #recognise(): Container | undefined {
    if (this.#to - this.#from < MAGIC_BYTES) return undefined;
    const magic = this.#frames.view.getUint32(this.#from);
    if (isClassicMagic(magic)) return new ClassicContainer();
    if (isPcapngMagic(magic)) return new PcapngContainer();
    throw new YaguraError('input-unrecognised', 'this is not a capture: it begins with neither a pcap nor a pcapng header');
  }

  /** Moves the undecoded rest to the front; a record longer than the buffer gets a larger one. */
  #makeRoom(): void {
    const { bytes } = this.#frames;
    const rest = bytes.subarray(this.#from, this.#to);
    const wanted = this.#container?.wanted ?? 0;
    if (wanted > bytes.length) {
      const larger = new Uint8Array(wanted + BLOCK);
      larger.set(rest);
      this.#setBuffer(larger);
    } else bytes.copyWithin(0, this.#from, this.#to);
    this.#from = 0;
    this.#to = rest.length;
  }

  #setBuffer(bytes: Uint8Array<ArrayBuffer>): void {
    this.#frames.bytes = bytes;
    this.#frames.view = new DataView(bytes.buffer);
  }

  #warnOfForeignLinks(): void {
    const fresh = [...this.#aggregator.foreignLinks.keys()].filter((link) => !this.#toldLinks.has(link));
    if (fresh.length === 0) return;
    for (const link of fresh) this.#toldLinks.add(link);
    this.#context.alarm(
      'capture-link-type-unknown',
      { linkTypes: fresh },
      {
        ja: `リンク種別 ${fresh.join('、')} のパケットは読み取れないため、集計に入っていません。`,
        en: `Packets of link type ${fresh.join(', ')} cannot be read and are not counted.`,
      },
    );
  }
}
