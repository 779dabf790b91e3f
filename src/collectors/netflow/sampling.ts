/**
 * Which sampling interval holds for each flow, and who said so.
 *
 * The record itself is believed first, then what the exporter said in options, then the
 * configuration, unless that is told to replace the others. Counters are never multiplied
 * here: a question does that, so that a wrong interval can still be put right.
 */
import { SAMPLING_FROM } from '../../domain/telemetry-table.ts';
import type { FlowColumns } from '../../flow/flow-columns.ts';
import type { Domain } from './domain.ts';
import { type Block, readUnsigned } from './fill.ts';
import type { Place, Plan } from './plan.ts';
import type { Samplers } from './samplers.ts';

const LARGEST = 0xffff_ffff;

/** The interval that the fields of one record state; 0: none. */
export function statedInterval(view: DataView, at: number, places: Plan['places']): number {
  const read = (place: Place | undefined): number => (place ? readUnsigned(view, at + place.at, place.length) : 0);
  const direct = read(places.get('interval'));
  if (direct > 0) return clamp(direct);
  const every = read(places.get('every'));
  if (every > 0 && places.has('skipped')) return clamp((every + read(places.get('skipped'))) / every);
  // Alone, the "packet interval" is used as the interval itself.
  if (every > 0) return clamp(every);
  const sampled = read(places.get('sampled'));
  if (sampled > 0) return clamp(read(places.get('population')) / sampled);
  const probability = places.get('probability');
  const value = probability ? view.getFloat64(at + probability.at) : 0;
  return value > 0 && value <= 1 ? clamp(1 / value) : 0;
}

/** Numbers below one are no interval. */
const clamp = (interval: number): number => (interval >= 1 ? Math.min(LARGEST, Math.round(interval)) : 0);

export const statesInterval = ({ places }: Plan): boolean =>
  places.has('interval') || places.has('every') || places.has('sampled') || places.has('probability');

export function fillSampling(columns: FlowColumns, plan: Plan, block: Block, domain: Domain, note: (interval: number) => void): void {
  const { count, row } = block;
  const { static: configured } = domain.owner;
  if (configured?.replaces) {
    fill(columns, row, count, configured.interval, SAMPLING_FROM.static);
    return;
  }
  const samplers = domain.samplers.isEmpty ? domain.owner.samplers : domain.samplers;
  const { common } = samplers;
  if (common > 0) fill(columns, row, count, common, SAMPLING_FROM.options);
  else if (configured) fill(columns, row, count, configured.interval, SAMPLING_FROM.static);
  if (samplers.isPerFlow) fillPerFlow(columns, plan, block, samplers);
  if (statesInterval(plan)) fillStated(columns, plan, block, note);
}

function fill(columns: FlowColumns, row: number, count: number, interval: number, from: number): void {
  columns.sampling.fill(interval, row, row + count);
  columns.samplingFrom.fill(from, row, row + count);
}

/** By the sampler that the record names, else by the interface the flow came in through. */
function fillPerFlow(columns: FlowColumns, { places }: Plan, { view, at, stride, count, row }: Block, samplers: Samplers): void {
  const place = places.get('sampler');
  for (let i = 0, p = at; i < count; i++, p += stride) {
    const named = place ? samplers.ofSampler(readUnsigned(view, p + place.at, place.length)) : 0;
    const interval = named || samplers.ofInterface(columns.input[row + i] as number);
    if (interval > 0) fill(columns, row + i, 1, interval, SAMPLING_FROM.options);
  }
}

function fillStated(
  columns: FlowColumns,
  { places }: Plan,
  { view, at, stride, count, row }: Block,
  note: (interval: number) => void,
): void {
  for (let i = 0, p = at; i < count; i++, p += stride) {
    const interval = statedInterval(view, p, places);
    if (interval === 0) continue;
    note(interval);
    fill(columns, row + i, 1, interval, SAMPLING_FROM.header);
  }
}
