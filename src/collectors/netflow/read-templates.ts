/**
 * Template sets of NetFlow v9 and IPFIX: several templates one after the other, data and
 * options, withdrawals, and the padding behind them.
 *
 * A template says how to read bytes that strangers send, so one that cannot be right is
 * refused here, before any data is read by it.
 */
import { type Field, type Template, VARIABLE } from './plan.ts';
import type { REASONS } from './reasons.ts';

const FIRST_DATA_SET = 256;
const MOST_FIELDS = 1024;
const LARGEST_RECORD = 65_535;
const ENTERPRISE_BIT = 0x8000;

export interface TemplateReader {
  take(template: Template): void;
  withdraw(id: number): void;
  refuse(id: number, code: keyof typeof REASONS, parameters: Readonly<Record<string, string | number>>): void;
}

export interface TemplateSet {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
  readonly version: 9 | 10;
  readonly isOptions: boolean;
}

interface Head {
  readonly id: number;
  readonly fields: number;
  readonly scopes: number;
  readonly bytes: number;
}

export function readTemplates(set: TemplateSet, reader: TemplateReader): void {
  let { at } = set;
  // Fewer than four bytes are padding, and so is a template number of 0.
  while (at + 4 <= set.end && set.view.getUint16(at) !== 0) {
    const next = readTemplate(set, at, reader);
    if (next === undefined) return;
    at = next;
  }
}

/** The place behind the template; undefined when nothing behind it can be trusted. */
function readTemplate(set: TemplateSet, at: number, reader: TemplateReader): number | undefined {
  const id = set.view.getUint16(at);
  if (set.version === 10 && set.view.getUint16(at + 2) === 0) {
    reader.withdraw(id);
    return at + 4;
  }
  if (id < FIRST_DATA_SET) {
    reader.refuse(id, 'template-number', {});
    return undefined;
  }
  const head = readHead(set, at);
  const read = head && readFields(set, at + head.bytes, head.fields);
  if (!head || !read || head.scopes > head.fields) {
    reader.refuse(id, 'template-broken', {});
    return undefined;
  }
  checkTemplate({ id, version: set.version, fields: read.fields, scopes: head.scopes, isOptions: set.isOptions }, reader);
  return read.end;
}

function readHead({ view, end, version, isOptions }: TemplateSet, at: number): Head | undefined {
  const id = view.getUint16(at);
  const second = view.getUint16(at + 2);
  if (!isOptions) return { id, fields: second, scopes: 0, bytes: 4 };
  if (at + 6 > end) return undefined;
  const third = view.getUint16(at + 4);
  if (version === 10) return { id, fields: second, scopes: third, bytes: 6 };
  // NetFlow v9 gives both lengths in bytes.
  if ((second | third) & 3) return undefined;
  return { id, fields: (second + third) / 4, scopes: second / 4, bytes: 6 };
}

function readFields({ view, end, version }: TemplateSet, start: number, count: number): { fields: Field[]; end: number } | undefined {
  const fields: Field[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + 4 > end) return undefined;
    const id = view.getUint16(at);
    const length = view.getUint16(at + 2);
    at += 4;
    if (version === 9 || (id & ENTERPRISE_BIT) === 0) {
      fields.push({ id, length, enterprise: 0 });
      continue;
    }
    if (at + 4 > end) return undefined;
    fields.push({ id: id & ~ENTERPRISE_BIT, length, enterprise: view.getUint32(at) });
    at += 4;
  }
  return { fields, end: at };
}

/** Hands over a template that data can be read by, and refuses one that nothing fits. */
export function checkTemplate(template: Template, reader: TemplateReader): void {
  const { id, fields, version } = template;
  const isVariable = version === 10 && fields.some((field) => field.length === VARIABLE);
  const bytes = fields.reduce((sum, { length }) => sum + (version === 10 && length === VARIABLE ? 1 : length), 0);
  if (fields.length > MOST_FIELDS || bytes > LARGEST_RECORD) reader.refuse(id, 'template-enormous', { fields: fields.length, bytes });
  else if (bytes === 0 && !isVariable) reader.refuse(id, 'template-empty', {});
  else reader.take(template);
}
