/**
 * Evidence facts and rule parameters as people read them. Modules name their own facts,
 * so unknown names are shown as they are; values keep their structure.
 */
import { type Format, useFormat } from '../format.ts';
import { useWords } from '../preferences.tsx';
import type { Words } from '../words/ja.ts';

interface FactListProps {
  readonly facts: Readonly<Record<string, unknown>>;
  /** Parameters are quoted by their own names, as they stand in the configuration. */
  readonly isRaw?: boolean;
}

export function FactList({ facts, isRaw = false }: FactListProps) {
  const words = useWords();
  const format = useFormat();
  const names: Readonly<Record<string, string>> = isRaw ? {} : words.fact;
  return (
    <dl className="facts">
      {Object.entries(facts).map(([name, value]) => (
        <Fact key={name} name={names[name]} code={name} value={factText(value, name, words, format)} />
      ))}
    </dl>
  );
}

function Fact({ name, code, value }: { readonly name: string | undefined; readonly code: string; readonly value: string }) {
  return (
    <>
      <dt className={name ? undefined : 'mono'}>{name ?? code}</dt>
      <dd>{value}</dd>
    </>
  );
}

const MOST_ITEMS = 24;
const EARLIEST_MS = 9e11; // 1998
const LATEST_MS = 5e12; // 2128
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP' };

function factText(value: unknown, name: string, words: Words, format: Format): string {
  if (value === null || value === undefined || value === '') return words.common.none;
  if (typeof value === 'number') return numberText(value, name, format);
  if (typeof value === 'boolean') return value ? words.common.yes : words.common.no;
  if (Array.isArray(value)) return arrayText(value, words, format);
  if (typeof value === 'object') return objectText(value as Record<string, unknown>, words, format);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Counts never reach the size of a time in milliseconds, so a number that large is one. */
function numberText(value: number, name: string, format: Format): string {
  if (value >= EARLIEST_MS && value <= LATEST_MS) return `${format.utc(value)} UTC`;
  if (/port$/i.test(name)) return String(value);
  return format.count(Math.round(value * 1000) / 1000);
}

function arrayText(values: readonly unknown[], words: Words, format: Format): string {
  const shown = values
    .slice(0, MOST_ITEMS)
    .map((value) => (isPortCount(value) ? portCountText(value, format) : factText(value, '', words, format)));
  return values.length > MOST_ITEMS ? `${format.list(shown)} …` : format.list(shown);
}

interface PortCount {
  readonly protocol: number;
  readonly port: number;
  readonly packets: number;
}

const isPortCount = (value: unknown): value is PortCount =>
  typeof value === 'object' && value !== null && 'port' in value && 'packets' in value && 'protocol' in value;

const portCountText = (value: PortCount, format: Format): string =>
  `${value.port}/${PROTOCOLS[value.protocol] ?? value.protocol} (${format.count(value.packets)})`;

function objectText(value: Readonly<Record<string, unknown>>, words: Words, format: Format): string {
  const names: Readonly<Record<string, string>> = words.factPart;
  return format.list(Object.entries(value).map(([key, inner]) => `${names[key] ?? key} ${factText(inner, key, words, format)}`));
}
