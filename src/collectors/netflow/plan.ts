/**
 * What to do with the records of a template, worked out once when the template arrives.
 *
 * Records of fixed size are read where they lie. Records with fields of variable length
 * are first copied, field by field, into slots of fixed size, and then take the same way;
 * only the few fields that we read get a slot.
 */
import type { FlowColumns } from '../../flow/flow-columns.ts';
import { type Clock, type Element, elementOf, type Target } from './elements.ts';
import * as fill from './fill.ts';

export const VARIABLE = 0xffff;
/** A slot for a stretch of bytes holds its place and its length instead. */
const STRETCH_SLOT = 8;

export interface Field {
  readonly id: number;
  readonly length: number; // VARIABLE when each record says it
  readonly enterprise: number;
}

export interface Template {
  readonly id: number;
  readonly version: 9 | 10;
  readonly fields: readonly Field[];
  /** How many of the first fields say what an options record is about; 0 for flows. */
  readonly scopes: number;
  /** Data of exporters that describe themselves rather than flows. */
  readonly isOptions: boolean;
}

export interface Place {
  readonly at: number;
  readonly length: number;
  readonly clock: Clock;
}

export type Step = (columns: FlowColumns, block: fill.Block) => void;

export interface Plan {
  readonly template: Template;
  /** Bytes of a record, the least when its size varies. */
  readonly size: number;
  readonly isVariable: boolean;
  /** Where each field goes in the copy of a record of variable size; −1: nowhere. */
  readonly slots: readonly number[];
  /** Distance of records, or of their copies. */
  readonly stride: number;
  readonly places: ReadonlyMap<Target, Place>;
  readonly steps: readonly Step[];
  /** Set when records also count the other direction. */
  readonly reverseSteps: readonly Step[] | undefined;
  /** Whether the records state a source of either family, of whatever header. */
  readonly hasIpv4: boolean;
  readonly hasIpv6: boolean;
  /** False for records that neither name an address nor count anything. */
  readonly hasFlow: boolean;
}

export function planOf(template: Template): Plan {
  const { fields } = template;
  const isVariable = fields.some((field) => field.length === VARIABLE);
  const size = fields.reduce((sum, field) => sum + (field.length === VARIABLE ? 1 : field.length), 0);
  const chosen = chooseFields(template);
  const { slots, stride } = isVariable ? slotsOf(fields, chosen) : { slots: [], stride: size };
  const offsets = isVariable ? slots : offsetsOf(fields);
  const places = new Map<Target, Place>();
  for (const [target, { index, element }] of chosen) {
    const field = fields[index] as Field;
    places.set(target, { at: offsets[index] as number, length: field.length, clock: element.clock ?? 'milliseconds' });
  }
  const hasReverse = places.has('reverseBytes') || places.has('reversePackets');
  return {
    template,
    size,
    isVariable,
    slots,
    stride,
    places,
    steps: stepsOf(places, FORWARD),
    reverseSteps: hasReverse ? stepsOf(places, BACKWARD) : undefined,
    hasIpv4: fields.some(({ id, enterprise }) => id === IPV4_SOURCE && enterprise === 0),
    hasIpv6: fields.some(({ id, enterprise }) => id === IPV6_SOURCE && enterprise === 0),
    hasFlow: size >= (isVariable ? SMALLEST_VARIABLE : SMALLEST_FLOW) && FLOW_TARGETS.some((target) => places.has(target)),
  };
}

const IPV4_SOURCE = 8;
const IPV6_SOURCE = 27;
/** Two addresses, or an address and a counter. Smaller "records" only serve to turn few bytes into many rows. */
const SMALLEST_FLOW = 8;
/** A frame of any length, and something beside it. */
const SMALLEST_VARIABLE = 4;
const FLOW_TARGETS: readonly Target[] = ['source4', 'source6', 'destination4', 'destination6', 'bytes', 'packets', 'frame', 'packetHeader'];

interface Choice {
  readonly index: number;
  readonly element: Element;
}

/** For each target the field to believe; of equals the first, except that of two headers the inner one counts. */
function chooseFields({ fields, version, isOptions, scopes }: Template): Map<Target, Choice> {
  const chosen = new Map<Target, Choice>();
  // An exporter that looks into tunnels repeats the header's fields, the outer header first (RFC 7011 section 8).
  const isLayered = fields.filter(({ id, enterprise }) => id === PROTOCOL && enterprise === 0).length > 1;
  for (const [index, field] of fields.entries()) {
    const element = elementOf(version, idOf(field, version === 9 && isOptions && index < scopes), field.enterprise);
    if (!element || !fits(element, field.length)) continue;
    const { target, rank } = element;
    const known = chosen.get(target)?.element.rank ?? Number.POSITIVE_INFINITY;
    if (rank < known || (rank === known && isLayered && HEADER_TARGETS.has(target))) chosen.set(target, { index, element });
  }
  if (isLayered) dropOuterAddresses(chosen);
  return chosen;
}

const PROTOCOL = 4;
const HEADER_TARGETS: ReadonlySet<Target> = new Set([
  'protocol',
  'tos',
  'tcpFlags',
  'sourcePort',
  'destinationPort',
  'source4',
  'source6',
  'destination4',
  'destination6',
]);

/** Headers of both families: the addresses of the later one stay. */
function dropOuterAddresses(chosen: Map<Target, Choice>): void {
  for (const [four, six] of [
    ['source4', 'source6'],
    ['destination4', 'destination6'],
  ] as const) {
    const [a, b] = [chosen.get(four), chosen.get(six)];
    if (a && b) chosen.delete(a.index > b.index ? six : four);
  }
}

/** Scopes of NetFlow v9 have numbers of their own; only the interface means something to us. */
function idOf(field: Field, isScope: boolean): number {
  if (!isScope) return field.id;
  return field.id === 2 ? 10 : 0;
}

function fits({ width }: Element, length: number): boolean {
  if (width === 'bytes') return length > 0;
  if (length === VARIABLE) return false;
  return width === 'number' ? length >= 1 && length <= 8 : length === width;
}

function offsetsOf(fields: readonly Field[]): number[] {
  let at = 0;
  return fields.map((field) => (at += field.length) - field.length);
}

function slotsOf(fields: readonly Field[], chosen: ReadonlyMap<Target, Choice>): { slots: number[]; stride: number } {
  const slots = fields.map(() => -1);
  let stride = 0;
  for (const { index } of chosen.values()) {
    const { length } = fields[index] as Field;
    slots[index] = stride;
    stride += length === VARIABLE ? STRETCH_SLOT : length;
  }
  return { slots, stride };
}

/** Which target of a record fills which column; backwards, the ends are exchanged. */
interface Direction {
  readonly bytes: Target;
  readonly packets: Target;
  readonly tcpFlags: Target;
  readonly tos: Target;
  readonly isBackward: boolean;
}

const FORWARD: Direction = { bytes: 'bytes', packets: 'packets', tcpFlags: 'tcpFlags', tos: 'tos', isBackward: false };
const BACKWARD: Direction = {
  bytes: 'reverseBytes',
  packets: 'reversePackets',
  tcpFlags: 'reverseFlags',
  tos: 'reverseTos',
  isBackward: true,
};

type Fill = (columns: FlowColumns, block: fill.Block, at: number, length: number) => void;

function stepsOf(places: ReadonlyMap<Target, Place>, direction: Direction): Step[] {
  const steps: Step[] = [];
  const add = (target: Target, write: Fill): void => {
    const place = places.get(target);
    if (place) steps.push((columns, block) => write(columns, block, place.at, place.length));
  };
  addEnds(add, places, direction.isBackward);
  add('protocol', (c, block, at, length) => fill.fillBytes(c.protocol, block, at, length));
  add(direction.tos, (c, block, at, length) => fill.fillBytes(c.tos, block, at, length));
  add(direction.tcpFlags, (c, block, at, length) => fill.fillBytes(c.tcpFlags, block, at, length));
  add(direction.packets, (c, block, at, length) => fill.fillCounters(c.packets, block, at, length));
  add(direction.bytes, (c, block, at, length) => fill.fillCounters(c.bytes, block, at, length));
  if (!direction.isBackward) addIcmp(add, places);
  if (!direction.isBackward) add('direction', (c, block, at, length) => fill.fillBytes(c.direction, block, at, length));
  return steps;
}

/** Addresses, ports and interfaces. The IPv6 address goes first: where it is zero, IPv4 takes its place. */
function addEnds(add: (target: Target, write: Fill) => void, places: ReadonlyMap<Target, Place>, isBackward: boolean): void {
  const sourceIpv4 = places.has('source6') ? fill.fillEmptyIpv4 : fill.fillIpv4;
  const destinationIpv4 = places.has('destination6') ? fill.fillEmptyIpv4 : fill.fillIpv4;
  const source: Ends = isBackward ? DESTINATION_ENDS : SOURCE_ENDS;
  const destination: Ends = isBackward ? SOURCE_ENDS : DESTINATION_ENDS;
  add('source6', (c, block, at) => fill.fillIpv6(source.words(c), block, at));
  add('source4', (c, block, at) => sourceIpv4(source.words(c), block, at));
  add('destination6', (c, block, at) => fill.fillIpv6(destination.words(c), block, at));
  add('destination4', (c, block, at) => destinationIpv4(destination.words(c), block, at));
  add('sourcePort', (c, block, at, length) => fill.fillShorts(source.port(c), block, at, length));
  add('destinationPort', (c, block, at, length) => fill.fillShorts(destination.port(c), block, at, length));
  add('input', (c, block, at, length) => fill.fillWords(source.interface(c), block, at, length));
  add('output', (c, block, at, length) => fill.fillWords(destination.interface(c), block, at, length));
  add('natSource6', (c, block, at) => fill.fillIpv6(source.natWords(c), block, at));
  add('natSource4', (c, block, at) => fill.fillTranslatedIpv4(source.natWords(c), block, at));
  add('natDestination6', (c, block, at) => fill.fillIpv6(destination.natWords(c), block, at));
  add('natDestination4', (c, block, at) => fill.fillTranslatedIpv4(destination.natWords(c), block, at));
  add('natSourcePort', (c, block, at, length) => fill.fillShorts(source.natPort(c), block, at, length));
  add('natDestinationPort', (c, block, at, length) => fill.fillShorts(destination.natPort(c), block, at, length));
}

/** The columns of one end of a flow. */
interface Ends {
  words(columns: FlowColumns): Uint32Array;
  port(columns: FlowColumns): Uint16Array;
  interface(columns: FlowColumns): Uint32Array;
  natWords(columns: FlowColumns): Uint32Array;
  natPort(columns: FlowColumns): Uint16Array;
}

const SOURCE_ENDS: Ends = {
  words: (columns) => columns.sourceWords,
  port: (columns) => columns.sourcePort,
  interface: (columns) => columns.input,
  natWords: (columns) => columns.natSourceWords,
  natPort: (columns) => columns.natSourcePort,
};
const DESTINATION_ENDS: Ends = {
  words: (columns) => columns.destinationWords,
  port: (columns) => columns.destinationPort,
  interface: (columns) => columns.output,
  natWords: (columns) => columns.natDestinationWords,
  natPort: (columns) => columns.natDestinationPort,
};

const ICMP = 1;
const ICMPV6 = 58;

function addIcmp(add: (target: Target, write: Fill) => void, places: ReadonlyMap<Target, Place>): void {
  const code = places.get('icmpCode')?.at;
  const codeV6 = places.get('icmpv6Code')?.at;
  add('icmpType', (c, block, at) => fill.fillIcmpParts(c, block, at, code, ICMP));
  add('icmpv6Type', (c, block, at) => fill.fillIcmpParts(c, block, at, codeV6, ICMPV6));
  add('icmp', (c, block, at) => fill.fillIcmp(c, block, at, ICMP));
  add('icmpv6', (c, block, at) => fill.fillIcmp(c, block, at, ICMPV6));
  // Some exporters have one field for both families.
  if (!places.has('icmpv6')) add('icmp', (c, block, at) => fill.fillIcmp(c, block, at, ICMPV6));
}
