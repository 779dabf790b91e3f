/** Year by year, as the yearly report has it: per observed address, and whether two years may be compared at all. */
import type { StatisticsYear } from '../../../src/server/statistics-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Panel } from '../../parts/page.tsx';
import { type Language, usePreferences, useWords } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';
import { addressText } from './address-text.ts';

export function Years({ years }: { readonly years: readonly StatisticsYear[] }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const rows = years.toReversed();
  return (
    <Panel className="tbl" title={words.statistics.years} note={words.statistics.yearsNote}>
      <DataTable
        caption={words.statistics.years}
        columns={yearColumns(years, words, format, language)}
        rows={rows}
        rowKey={({ year }) => String(year)}
        total={rows.length}
      />
    </Panel>
  );
}

function yearColumns(years: readonly StatisticsYear[], words: Words, format: Format, language: Language): Column<StatisticsYear>[] {
  return [
    {
      id: 'year',
      head: words.statistics.year,
      isRowHeader: true,
      cell: (row) => (
        <>
          {row.year} {row.to === Date.UTC(row.year + 1, 0, 1) ? null : <span className="tag">{words.statistics.running}</span>}
        </>
      ),
    },
    { id: 'packets', head: words.statistics.total, isNumber: true, cell: (row) => format.count(row.packets) },
    { id: 'addresses', head: words.statistics.observed, isNumber: true, cell: (row) => addressText(row.addresses, words, format) },
    {
      id: 'per',
      head: words.statistics.perAddressTotal,
      isNumber: true,
      cell: (row) => (row.perAddress === null ? words.common.unknown : format.count(row.perAddress)),
    },
    { id: 'watched', head: words.statistics.watched, isNumber: true, cell: (row) => format.share(row.watched, 1) },
    { id: 'compare', head: words.statistics.comparable, className: 'reason', cell: (row) => comparisonText(row, years, words, language) },
  ];
}

/** A change is only named when the rules of comparing allow it; otherwise the reasons stand here. */
function comparisonText(row: StatisticsYear, years: readonly StatisticsYear[], words: Words, language: Language): string {
  const before = years.find(({ year }) => year === row.year - 1);
  if (!row.isComparable || !before?.perAddress || row.perAddress === null) {
    const why = row.reasons.map((reason) => reason[language]).join(language === 'ja' ? '' : ' ');
    return `${words.statistics.notComparable}${words.common.bracket(why)}`;
  }
  const change = Math.round((row.perAddress / before.perAddress - 1) * 100);
  return words.statistics.change(`${change < 0 ? '\u2212' : '+'}${Math.abs(change)}%`);
}
