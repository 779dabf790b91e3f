/** A rule's settings as fields of a form, and what somebody changed in them. Pure. */

export interface SettingField {
  readonly name: string;
  readonly meaning: string;
  readonly isNumber: boolean;
  /** As it is in force, written as people type it. */
  readonly present: string;
}

interface Schema {
  readonly properties?: Readonly<Record<string, { readonly type?: unknown; readonly description?: string }>>;
}

/** Descriptions of settings are written 'English / 日本語'. */
export function meaningOf(description: string, language: 'ja' | 'en'): string {
  const [en = '', ...rest] = description.split(' / ');
  return language === 'ja' && rest.length > 0 ? rest.join(' / ') : en;
}

export function fieldsOf(schema: unknown, settings: Readonly<Record<string, unknown>>, language: 'ja' | 'en'): SettingField[] {
  const { properties = {} } = schema as Schema;
  return Object.entries(properties).map(([name, { type, description = '' }]) => ({
    name,
    meaning: meaningOf(description, language),
    isNumber: type === 'number' || type === 'integer',
    present: textOf(settings[name]),
  }));
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

/** Only what differs from what is in force; the hub checks it by the rule's own schema. */
export function changedSettings(fields: readonly SettingField[], given: Readonly<Record<string, string>>): Record<string, unknown> {
  const changed = fields.filter(({ name, present }) => given[name] !== undefined && given[name]?.trim() !== present);
  return Object.fromEntries(changed.map(({ name, isNumber }) => [name, valueOf(given[name]?.trim() ?? '', isNumber)]));
}

function valueOf(text: string, isNumber: boolean): unknown {
  if (isNumber) return text === '' ? text : Number(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
