/** Packets by class over the chosen period: as a chart, as a table, as a file. */
import { useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Traffic } from '../../../src/server/contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { saveCsv } from '../../parts/csv.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Answered, Panel } from '../../parts/page.tsx';
import { TrafficChart } from '../../parts/traffic-chart.tsx';
import { type Language, usePreferences, useWords, wordFor } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';

export const busiestClass = (traffic: Traffic): Traffic['series'][number] | undefined =>
  [...traffic.series].sort((a, b) => b.total - a.total)[0];

function describeTraffic(traffic: Traffic, words: Words, format: Format): string {
  const busiest = busiestClass(traffic);
  const sums = (traffic.series[0]?.packets ?? []).map((_, index) =>
    traffic.series.reduce((sum, one) => sum + (one.packets[index] ?? 0), 0),
  );
  const peakAt = traffic.from + sums.indexOf(Math.max(...sums, 0)) * traffic.stepSeconds * 1000;
  const gaps = traffic.gaps.map((gap) => words.common.range(format.dateTime(gap.from), format.dateTime(gap.to)));
  return words.now.trafficAlt(
    traffic.totals.packets,
    format.share(busiest?.total ?? 0, traffic.totals.packets),
    wordFor(words.trafficMany, busiest?.class ?? 'other'),
    format.dateTime(peakAt),
    gaps.length > 0 ? words.watch.gapList(format.list(gaps)) : words.watch.noGap,
  );
}

interface TrafficPanelProps {
  readonly traffic: { readonly data: Traffic | undefined; readonly error: unknown; readonly refetch: () => unknown };
}

export function TrafficPanel({ traffic }: TrafficPanelProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const [isTable, setIsTable] = useState(false);
  const end = (
    <>
      <Button className="linklike" onPress={() => setIsTable(!isTable)} aria-expanded={isTable}>
        {isTable ? words.common.asChart : words.common.asTable}
      </Button>
      <Button
        className="linklike"
        aria-label={words.common.csvHint}
        isDisabled={!traffic.data}
        onPress={() => traffic.data && saveTraffic(traffic.data, language, words)}
      >
        {words.common.csv}
      </Button>
    </>
  );
  return (
    <Panel
      className="chart-panel"
      title={words.now.traffic}
      note={words.now.trafficNote(words.common.packetsPerMinute, format.zone)}
      end={end}
    >
      <Answered of={traffic} lines={8}>
        {(data) =>
          isTable ? <TrafficTable traffic={data} /> : <TrafficChart traffic={data} description={describeTraffic(data, words, format)} />
        }
      </Answered>
    </Panel>
  );
}

function saveTraffic(traffic: Traffic, language: Language, words: Words): void {
  const head = [`${words.now.time} (UTC)`, ...traffic.series.map((one) => one.title[language])];
  const rows = traffic.series[0]?.packets.map((_, index) => [
    new Date(traffic.from + index * traffic.stepSeconds * 1000).toISOString(),
    ...traffic.series.map((one) => (isGapAt(traffic, index) ? words.common.noData : (one.packets[index] ?? 0))),
  ]);
  saveCsv('yagura-traffic', [head, ...(rows ?? [])]);
}

function isGapAt(traffic: Traffic, index: number): boolean {
  const middle = traffic.from + (index + 0.5) * traffic.stepSeconds * 1000;
  return traffic.gaps.some((gap) => middle >= gap.from && middle < gap.to);
}

/** The chart's figures, newest first; a step inside a gap says so instead of 0. */
function TrafficTable({ traffic }: { readonly traffic: Traffic }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const steps = (traffic.series[0]?.packets ?? []).map((_, index) => index).toReversed();
  const columns = useMemo(() => trafficColumns(traffic, words, format, language), [traffic, words, format, language]);
  return (
    <div className="chart-table">
      <DataTable caption={words.now.trafficTable} columns={columns} rows={steps} rowKey={String} total={steps.length} />
    </div>
  );
}

function trafficColumns(traffic: Traffic, words: Words, format: Format, language: Language): Column<number>[] {
  return [
    {
      id: 'time',
      head: `${words.now.time} (${format.zone})`,
      isRowHeader: true,
      cell: (index) => format.dateTime(traffic.from + index * traffic.stepSeconds * 1000),
    },
    ...traffic.series.map((one) => ({
      id: one.class,
      head: one.title[language],
      isNumber: true,
      cell: (index: number) => (isGapAt(traffic, index) ? words.common.noData : format.count(one.packets[index] ?? 0)),
    })),
  ];
}
