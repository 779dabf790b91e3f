/** Today against usual: as a chart, as a table, as a file; and what is missing for it, while it is. */
import { useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Usual } from '../../../src/server/contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { saveCsv } from '../../parts/csv.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Answered, Empty, Panel } from '../../parts/page.tsx';
import { UsualChart } from '../../parts/usual-chart.tsx';
import { compareLastHour, isInGap, perMinute } from '../../parts/usual-figures.ts';
import { useWords } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';

interface UsualPanelProps {
  /** Null: there is less data than two steps of the chart. */
  readonly usual: { readonly data: Usual | undefined; readonly error: unknown; readonly refetch: () => unknown } | null;
}

export function UsualPanel({ usual }: UsualPanelProps) {
  const words = useWords();
  const format = useFormat();
  const [isTable, setIsTable] = useState(false);
  const data = usual?.data;
  const end = (
    <>
      <Button className="linklike" onPress={() => setIsTable(!isTable)} aria-expanded={isTable} isDisabled={!data}>
        {isTable ? words.common.asChart : words.common.asTable}
      </Button>
      <Button className="linklike" aria-label={words.common.csvHint} isDisabled={!data} onPress={() => data && saveUsual(data, words)}>
        {words.common.csv}
      </Button>
    </>
  );
  return (
    <Panel className="chart-panel" title={words.usual.title} note={words.common.packetsPerMinute} end={end}>
      {usual === null ? (
        <Empty>{words.usual.tooShort}</Empty>
      ) : (
        <Answered of={usual} lines={6}>
          {(answer) => (
            <>
              {isTable ? <UsualTable usual={answer} /> : <UsualChart usual={answer} description={describeUsual(answer, words, format)} />}
              <p className="chart-note">{answer.usual ? words.usual.how(answer.days) : words.usual.unknown(answer.days)}</p>
            </>
          )}
        </Answered>
      )}
    </Panel>
  );
}

function describeUsual(usual: Usual, words: Words, format: Format): string {
  const last = compareLastHour(usual);
  const figures = last ? words.usual.lastHour(Math.round(last.now)) : words.usual.lastHourUnknown;
  const compared =
    !last || last.change === null
      ? words.usual.notCompared
      : last.isUsual
        ? words.usual.within
        : last.change > 0
          ? words.usual.above(format.share(last.change, 1))
          : words.usual.below(format.share(-last.change, 1));
  const gaps = usual.gaps.map((gap) => words.common.range(format.dateTime(gap.from), format.dateTime(gap.to)));
  const bells = usual.bells.map((bell) => words.usual.surge(format.time(bell.at)));
  return [figures, compared, gaps.length > 0 ? words.watch.gapList(format.list(gaps)) : words.watch.noGap, ...bells].join(' ');
}

/** A figure of a step; a step nobody watched says so. */
function cell(value: number | null | undefined, usual: Usual): number | null {
  return value == null ? null : Math.round(perMinute(value, usual) * 10) / 10;
}

function saveUsual(usual: Usual, words: Words): void {
  const head = [`${words.now.time} (UTC)`, words.usual.today, words.usual.low, words.usual.median, words.usual.high];
  const rows = usual.today.map((packets, i) => [
    new Date(usual.from + i * usual.stepSeconds * 1000).toISOString(),
    isInGap(usual, i) ? words.common.noData : (cell(packets, usual) ?? words.common.noData),
    ...[usual.usual?.low, usual.usual?.median, usual.usual?.high].map((values) => cell(values?.[i], usual) ?? words.common.unknown),
  ]);
  saveCsv('yagura-usual', [head, ...rows]);
}

function UsualTable({ usual }: { readonly usual: Usual }) {
  const words = useWords();
  const format = useFormat();
  const steps = usual.today.map((_, index) => index).toReversed();
  const columns = useMemo(() => usualColumns(usual, words, format), [usual, words, format]);
  return (
    <div className="chart-table">
      <DataTable caption={words.usual.title} columns={columns} rows={steps} rowKey={String} total={steps.length} />
    </div>
  );
}

function usualColumns(usual: Usual, words: Words, format: Format): Column<number>[] {
  const figure = (value: number | null | undefined, none: string): string => {
    const shown = cell(value, usual);
    return shown === null ? none : format.count(shown);
  };
  const band = (id: 'low' | 'median' | 'high'): Column<number> => ({
    id,
    head: words.usual[id],
    isNumber: true,
    cell: (index) => figure(usual.usual?.[id][index], words.common.unknown),
  });
  return [
    {
      id: 'time',
      head: `${words.now.time} (${format.zone})`,
      isRowHeader: true,
      cell: (index) => format.dateTime(usual.from + index * usual.stepSeconds * 1000),
    },
    {
      id: 'today',
      head: words.usual.today,
      isNumber: true,
      cell: (index) => (isInGap(usual, index) ? words.common.noData : figure(usual.today[index], words.common.noData)),
    },
    band('low'),
    band('median'),
    band('high'),
  ];
}
