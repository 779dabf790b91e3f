/** Reads a module's JSON Schema into rows: name, form, default and meaning. Groups become dotted names. */
import type { Words } from '../words/ja.ts';

export interface Setting {
  readonly name: string;
  readonly type: string;
  readonly standard: string;
  readonly meaning: string;
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly default?: unknown;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

export function readSettings(schema: unknown, words: Words): Setting[] {
  return isSchema(schema) ? rowsOf(schema, '', words) : [];
}

function rowsOf(schema: Schema, prefix: string, words: Words): Setting[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const name = `${prefix}${key}`;
    return inner.properties ? rowsOf(inner, `${name}.`, words) : [toSetting(name, inner, words)];
  });
}

function toSetting(name: string, schema: Schema, words: Words): Setting {
  return {
    name,
    type: typeText(schema, words),
    standard: schema.default === undefined ? words.common.none : JSON.stringify(schema.default),
    meaning:
      [schema.description ?? '', ...limits(schema, words)].filter((piece) => piece !== '').join(words.common.join) || words.common.none,
  };
}

function typeText(schema: Schema, words: Words): string {
  const names: Readonly<Record<string, string>> = words.modules.typeName;
  if (schema.anyOf) return [...new Set(schema.anyOf.map((one) => typeText(one, words)))].join(words.common.join);
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  const text = types.map((type) => names[type] ?? type).join(words.common.join) || words.common.none;
  return schema.items ? `${text}${words.common.bracket(typeText(schema.items, words))}` : text;
}

/** The largest safe integer is the schema library's way of saying "no limit". */
const isReal = (value: number | undefined): value is number => value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;

function limits(schema: Schema, words: Words): string[] {
  const lowest = schema.minimum ?? schema.exclusiveMinimum;
  return [
    schema.enum ? words.modules.oneOf(schema.enum.map(String).join(words.common.join)) : '',
    isReal(lowest) ? words.modules.atLeast(String(lowest)) : '',
    isReal(schema.maximum) ? words.modules.atMost(String(schema.maximum)) : '',
  ];
}
