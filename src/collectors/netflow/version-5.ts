/** NetFlow v5 as a template: its records never change, so it takes the same way as the others. */
import { type Field, type Plan, planOf } from './plan.ts';

const field = (id: number, length: number): Field => ({ id, length, enterprise: 0 });
/** An element that nobody reads. */
const skip = (length: number): Field => field(210, length);

const FIELDS: readonly Field[] = [
  field(8, 4),
  field(12, 4),
  skip(4), // next hop
  field(10, 2),
  field(14, 2),
  field(2, 4),
  field(1, 4),
  field(22, 4),
  field(21, 4),
  field(7, 2),
  field(11, 2),
  skip(1),
  field(6, 1),
  field(4, 1),
  field(5, 1),
  skip(8), // networks and prefix lengths, padding
];

export const VERSION_5: Plan = planOf({ id: 5, version: 9, fields: FIELDS, scopes: 0, isOptions: false });
