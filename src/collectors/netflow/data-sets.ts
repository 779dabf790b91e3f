/**
 * Records of a data set to rows, by the plan of their template.
 *
 * Returns how many records there were, and whether their lengths agreed with the template.
 */
import type { FlowColumns } from '../../flow/flow-columns.ts';
import { type HeaderKind, PacketRows } from '../../flow/packet-rows.ts';
import type { Domain } from './domain.ts';
import type { Block } from './fill.ts';
import { type Plan, VARIABLE } from './plan.ts';
import { fillSampling } from './sampling.ts';
import { type Moment, Times } from './times.ts';

/** Flows that look both ways; an exporter that does not say gets this. */
const DIRECTION_UNKNOWN = 2;
/** More than this cannot be padding of any exporter we know. */
const LONGEST_PADDING = 8;

export interface DataSet {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
}

/** The section is cut on purpose: nothing missing behind its end is a fault. */
const CUT = 65_535;

export class DataSets {
  readonly columns: FlowColumns;
  readonly #times: Times;
  readonly #packets = new PacketRows();
  readonly #noteInterval: (interval: number) => void;
  readonly #block: Block = { view: new DataView(new ArrayBuffer(0)), at: 0, stride: 0, count: 0, row: 0 };
  /** Copies of records of variable size. */
  #copies = new DataView(new ArrayBuffer(4096));
  /** Where the records whose frames are copied by reference lie. */
  #original: DataView = this.#copies;
  isWhole = true;

  constructor(columns: FlowColumns, isLive: boolean, noteInterval: (interval: number) => void) {
    this.columns = columns;
    this.#times = new Times(isLive);
    this.#noteInterval = noteInterval;
  }

  /** The records of a set as a block, at equal distances; `isWhole` says whether the lengths agreed. */
  locate(set: DataSet, plan: Plan): Block {
    const block = this.#block;
    this.#original = set.view;
    block.row = this.columns.rows;
    if (plan.isVariable) this.#copyRecords(set, plan, block);
    else {
      const length = set.end - set.at;
      block.view = set.view;
      block.at = set.at;
      block.stride = plan.size;
      block.count = Math.floor(length / plan.size);
      this.isWhole = block.count > 0 || length < LONGEST_PADDING;
    }
    return block;
  }

  /** Adds the rows of the located block; the number of records. */
  addRows(block: Block, plan: Plan, domain: Domain, moment: Moment): number {
    const { count } = block;
    if (count === 0 || !plan.hasFlow) return count;
    const { columns } = this;
    const { steps, reverseSteps } = plan;
    this.#begin(block, domain, plan.places.has('direction'));
    for (const step of steps) step(columns, block);
    this.#finish(block, plan, domain, moment);
    if (reverseSteps) this.#addReverse(block, plan, reverseSteps, domain, moment);
    return count;
  }

  #begin({ row, count }: Block, { exporter, domain }: Domain, hasDirection: boolean): void {
    const { columns } = this;
    columns.reserve(count);
    const end = row + count;
    columns.rows = end;
    columns.exporter.fill(columns.exporterIndex(exporter), row, end);
    columns.domain.fill(domain, row, end);
    if (!hasDirection) columns.direction.fill(DIRECTION_UNKNOWN, row, end);
  }

  #finish(block: Block, plan: Plan, domain: Domain, moment: Moment): void {
    const { columns } = this;
    const { places } = plan;
    if (places.has('direction')) settleDirections(columns.direction, block);
    this.#times.fill(columns, plan, block, moment);
    fillSampling(columns, plan, block, domain, this.#noteInterval);
    const hasAddress = places.has('source4') || places.has('source6');
    if (!hasAddress && places.has('frame')) this.#fillSections(block, plan, 'frame');
    else if (!hasAddress && places.has('packetHeader')) this.#fillSections(block, plan, 'packetHeader');
  }

  /** The other direction of each flow that counted something there. */
  #addReverse(block: Block, plan: Plan, steps: Plan['steps'], domain: Domain, moment: Moment): void {
    const { columns } = this;
    const first = columns.rows;
    block.row = first;
    this.#begin(block, domain, false);
    for (const step of steps) step(columns, block);
    columns.isReverse.fill(1, first, columns.rows);
    this.#times.fill(columns, plan, block, moment);
    fillSampling(columns, plan, block, domain, this.#noteInterval);
    columns.dropUncounted(first);
  }

  #fillSections({ view, at, stride, count, row }: Block, { isVariable, places }: Plan, kind: HeaderKind): void {
    const place = places.get(kind);
    if (!place) return;
    for (let i = 0; i < count; i++) {
      const p = at + i * stride + place.at;
      const isReference = isVariable && place.length === VARIABLE;
      const start = isReference ? view.getUint32(p) : p;
      const length = isReference ? view.getUint32(p + 4) : place.length;
      this.#packets.fill(this.columns, row + i, { view: isReference ? this.#original : view, at: start, length, stated: CUT, kind });
    }
  }

  #copyRecords({ view, at, end }: DataSet, plan: Plan, block: Block): void {
    const most = Math.floor((end - at) / plan.size);
    this.#makeRoom(most * plan.stride);
    let p = at;
    let count = 0;
    this.isWhole = true;
    while (end - p >= plan.size) {
      const next = this.#copyRecord(view, p, end, plan, count * plan.stride);
      if (next < 0) {
        this.isWhole = count > 0 && end - p < LONGEST_PADDING;
        break;
      }
      p = next;
      count++;
    }
    block.view = this.#copies;
    block.at = 0;
    block.stride = plan.stride;
    block.count = count;
  }

  #makeRoom(bytes: number): void {
    if (this.#copies.byteLength < bytes) this.#copies = new DataView(new ArrayBuffer(2 * bytes));
  }

  /** The place behind the record, −1 when it goes beyond the set. */
  #copyRecord(view: DataView, start: number, end: number, { template, slots }: Plan, to: number): number {
    let p = start;
    for (let i = 0; i < slots.length; i++) {
      const stated = template.fields[i]?.length ?? 0;
      const isVariable = stated === VARIABLE;
      let length = stated;
      if (isVariable) {
        if (p + 1 > end) return -1;
        length = view.getUint8(p++);
        if (length === 0xff) {
          if (p + 2 > end) return -1;
          length = view.getUint16(p);
          p += 2;
        }
      }
      if (p + length > end) return -1;
      const slot = slots[i] as number;
      if (slot >= 0) this.#copyField(view, p, length, to + slot, isVariable);
      p += length;
    }
    return p;
  }

  #copyField(view: DataView, at: number, length: number, to: number, isReference: boolean): void {
    const copies = this.#copies;
    if (isReference) {
      copies.setUint32(to, at);
      copies.setUint32(to + 4, length);
      return;
    }
    for (let i = 0; i < length; i++) copies.setUint8(to + i, view.getUint8(at + i));
  }
}

function settleDirections(direction: Uint8Array, { row, count }: Block): void {
  for (let i = row; i < row + count; i++) if ((direction[i] as number) > 1) direction[i] = DIRECTION_UNKNOWN;
}
