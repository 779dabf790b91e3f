/** Packets, sources and packets per address over time, each also as a table; and when the figures changed their meaning. */
import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { Statistics, StatisticsStep } from '../../../src/server/statistics-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Panel } from '../../parts/page.tsx';
import { StepChart } from '../../parts/step-chart.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';
import { addressText } from './address-text.ts';

const DAY_SECONDS = 86_400;

export function Charts({ statistics }: { readonly statistics: Statistics }) {
  const words = useWords();
  const format = useFormat();
  const [isTable, setIsTable] = useState(false);
  const gaps = gapText(statistics, words, format);
  return (
    <>
      <Panel
        className={isTable ? 'tbl chart-table' : ''}
        title={words.statistics.packets}
        note={words.statistics.packetsNote(
          format.step(statistics.stepSeconds),
          statistics.stepSeconds >= DAY_SECONDS ? 'UTC' : format.zone,
        )}
        end={
          <Button className="linklike" onPress={() => setIsTable(!isTable)}>
            {isTable ? words.common.asChart : words.common.asTable}
          </Button>
        }
      >
        {isTable ? (
          <StepTable statistics={statistics} />
        ) : (
          <div className="in">
            <StepChart
              id="packets"
              statistics={statistics}
              values={statistics.steps.map(({ packets }) => packets)}
              description={words.statistics.packetsAlt(
                statistics.totals.packets,
                peakText(statistics, ({ packets }) => packets, format),
                gaps,
              )}
            />
          </div>
        )}
        {statistics.partialGaps.length > statistics.gaps.length ? <p className="in small quiet">{words.statistics.partialNote}</p> : null}
        <Changes statistics={statistics} />
      </Panel>
      <div className="row halves">
        <Panel title={words.statistics.hosts}>
          <div className="in">
            <StepChart
              id="hosts"
              statistics={statistics}
              values={statistics.steps.map(({ hosts }) => hosts)}
              description={words.statistics.hostsAlt(
                statistics.totals.hosts ?? 0,
                peakText(statistics, ({ hosts }) => hosts ?? 0, format),
                gaps,
              )}
            />
          </div>
        </Panel>
        <PerAddress statistics={statistics} gaps={gaps} />
      </div>
    </>
  );
}

function PerAddress({ statistics, gaps }: { readonly statistics: Statistics; readonly gaps: string }) {
  const words = useWords();
  const format = useFormat();
  const { perAddressDay } = statistics.totals;
  return (
    <Panel title={words.statistics.perAddress} note={words.statistics.perAddressNote}>
      <div className="in">
        {perAddressDay === null ? (
          <p className="soft">{words.statistics.noPerAddress}</p>
        ) : (
          <StepChart
            id="per-address"
            statistics={statistics}
            values={statistics.steps.map((step) => step.perAddressDay)}
            description={words.statistics.perAddressAlt(format.count(perAddressDay), gaps)}
          />
        )}
      </div>
    </Panel>
  );
}

const MOST_NAMED = 5;

function gapText({ gaps }: Statistics, words: Words, format: Format): string {
  if (gaps.length === 0) return words.statistics.noGap;
  const named = gaps.slice(0, MOST_NAMED).map((gap) => words.common.range(format.dateTime(gap.from), format.dateTime(gap.to)));
  return words.statistics.gapList(format.list(gaps.length > MOST_NAMED ? [...named, '…'] : named));
}

function peakText({ steps, stepSeconds }: Statistics, figure: (step: StatisticsStep) => number, format: Format): string {
  const peak = steps.reduce<StatisticsStep | undefined>((best, step) => (best && figure(best) >= figure(step) ? best : step), undefined);
  if (!peak) return '–';
  return stepSeconds >= DAY_SECONDS ? format.date(peak.at) : format.dateTime(peak.at);
}

/** Facts that change what a figure means stand beside it, not in a footnote. */
function Changes({ statistics }: { readonly statistics: Statistics }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  if (statistics.changes.length === 0) return <p className="in small quiet">{words.statistics.noChanges}</p>;
  return (
    <div className="in small">
      <h3 className="amberc">▲ {words.statistics.changesAre}</h3>
      <ul className="plain-list">
        {statistics.changes.map((change) => (
          <li key={`${change.at} ${change.kind}`}>
            {format.dateTime(change.at)} {change.text[language]}
          </li>
        ))}
      </ul>
    </div>
  );
}

function StepTable({ statistics }: { readonly statistics: Statistics }) {
  const words = useWords();
  const format = useFormat();
  return (
    <DataTable
      caption={words.statistics.packets}
      columns={stepColumns(statistics, words, format)}
      rows={statistics.steps}
      rowKey={(step) => String(step.at)}
      total={statistics.steps.length}
    />
  );
}

function stepColumns({ stepSeconds }: Statistics, words: Words, format: Format): Column<StatisticsStep>[] {
  const seen = (step: StatisticsStep, value: number | null): string =>
    step.isGap ? words.common.noData : value === null ? words.common.unknown : format.count(value);
  return [
    {
      id: 'time',
      head: words.statistics.time,
      isRowHeader: true,
      cell: (step) => (stepSeconds >= DAY_SECONDS ? new Date(step.at).toISOString().slice(0, 10) : format.dateTime(step.at)),
    },
    { id: 'packets', head: words.statistics.total, isNumber: true, cell: (step) => seen(step, step.packets) },
    { id: 'hosts', head: words.statistics.sources, isNumber: true, cell: (step) => seen(step, step.hosts) },
    { id: 'addresses', head: words.statistics.observed, isNumber: true, cell: (step) => addressText(step.addresses, words, format) },
    { id: 'per', head: words.statistics.perAddress, isNumber: true, cell: (step) => seen(step, step.perAddressDay) },
    { id: 'watched', head: words.statistics.watched, isNumber: true, cell: (step) => format.share(step.watched, 1) },
    {
      id: 'notes',
      head: words.statistics.changesAre,
      cell: (step) =>
        step.isChanged ? words.statistics.changed : step.watched < 1 && !step.isGap ? words.statistics.partial : words.common.none,
    },
  ];
}
