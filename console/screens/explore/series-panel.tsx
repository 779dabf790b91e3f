/** The measure over time, by class where there are classes; a part of it is chosen on it. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { ExploreFields, ExploreSeriesAnswer } from '../../../src/server/explore-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { OrPurpose } from '../../parts/client-leave.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Answered, Panel } from '../../parts/page.tsx';
import { type Language, usePreferences, useWords } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';
import { QualityLine } from './quality-line.tsx';
import { exploreSeriesQuery } from './queries.ts';
import { SaveMenu } from './save-menu.tsx';
import { SeriesChart } from './series-chart.tsx';
import { isUnwatched, peakOf, stepStart } from './series-figures.ts';
import type { Question } from './state.ts';
import type { Explore } from './use-explore.ts';

interface SeriesPanelProps {
  readonly explore: Explore;
  readonly fields: ExploreFields;
  readonly question: Question;
}

/** Only sums stack; how many different there were does not add up. */
const splitOf = ({ source, measure }: Question): string | undefined =>
  source === 'telescope' && ['packets', 'bytes', 'flows'].includes(measure) ? 'class' : undefined;

export function SeriesPanel({ explore, fields, question }: SeriesPanelProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const [isTable, setIsTable] = useState(false);
  const by = splitOf(question);
  const series = useQuery(exploreSeriesQuery(question, by));
  const measure = fields.measures.find(({ id }) => id === question.measure);
  const note = series.data
    ? series.isPlaceholderData
      ? words.explore.asking
      : words.explore.perStep(measure?.unit[language] ?? '', format.step(series.data.stepSeconds))
    : undefined;
  const end = (
    <>
      <Button className="linklike" onPress={() => setIsTable(!isTable)} aria-expanded={isTable}>
        {isTable ? words.common.asChart : words.common.asTable}
      </Button>
      <SaveMenu question={question} shape="series" by={by} what={words.explore.series} />
    </>
  );
  return (
    <Panel className="explore-series" title={words.explore.series} note={note} end={end}>
      <OrPurpose error={series.error}>
        <Answered of={series} lines={9}>
          {(data) => (
            <>
              <QualityLine quality={data.dataQuality} />
              {isTable ? (
                <SeriesTable answer={data} />
              ) : (
                <SeriesChart
                  answer={data}
                  description={describe(data, measure?.title[language] ?? '', words, format)}
                  onPeriod={(period) => explore.change(period)}
                />
              )}
            </>
          )}
        </Answered>
      </OrPurpose>
    </Panel>
  );
}

function describe(answer: ExploreSeriesAnswer, measure: string, words: Words, format: Format): string {
  const peak = peakOf(answer);
  const gaps = answer.gaps.map((gap) => format.span(gap.from, gap.to));
  return words.explore.seriesAlt(
    measure,
    format.count(answer.series.reduce((sum, one) => sum + one.total, 0)),
    peak === undefined ? words.common.none : format.dateTime(stepStart(answer, peak)),
    gaps.length > 0 ? words.watch.gapList(format.list(gaps)) : words.watch.noGap,
  );
}

function SeriesTable({ answer }: { readonly answer: ExploreSeriesAnswer }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const steps = (answer.series[0]?.values ?? []).map((_, index) => index).toReversed();
  const columns = useMemo(() => columnsOf(answer, words, format, language), [answer, words, format, language]);
  return (
    <div className="chart-table">
      <DataTable caption={words.explore.seriesTable} columns={columns} rows={steps} rowKey={String} total={steps.length} />
    </div>
  );
}

function columnsOf(answer: ExploreSeriesAnswer, words: Words, format: Format, language: Language): Column<number>[] {
  return [
    {
      id: 'time',
      head: `${words.explore.seriesTime} (${format.zone})`,
      isRowHeader: true,
      cell: (index) => format.dateTime(stepStart(answer, index)),
    },
    ...answer.series.map((one) => ({
      id: one.key ?? 'all',
      head: one.label[language],
      isNumber: true,
      cell: (index: number) => (isUnwatched(answer, index) ? words.common.noData : format.count(one.values[index] ?? 0)),
    })),
  ];
}
