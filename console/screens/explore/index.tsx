/**
 * Whatever was observed, asked in any way: a filter, a period, the most of a field, the
 * course of time and the rows themselves. Every value on the screen is the next question.
 */
import './explore.css';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { HubError } from '../../api.ts';
import { Segments } from '../../parts/fields.tsx';
import { FilterExpression } from '../../parts/filter-field.tsx';
import { Answered, PageHead } from '../../parts/page.tsx';
import { useWords } from '../../preferences.tsx';
import { ExploreHead } from './explore-head.tsx';
import { FilterHelp } from './filter-help.tsx';
import { PeriodBar } from './period-bar.tsx';
import { PivotMenu, usePivotOpener } from './pivot-menu.tsx';
import { RowsPanel } from './rows-panel.tsx';
import { SeriesPanel } from './series-panel.tsx';
import { SOURCES } from './state.ts';
import { TopPanel } from './top-panel.tsx';
import { type Explore, useExplore } from './use-explore.ts';

export function ExploreScreen() {
  const explore = useExplore();
  const { search, fields } = explore;
  const source = search.source ?? 'telescope';
  const apply = (filter: string): void => explore.change({ filter });
  return (
    <>
      <Head explore={explore} />
      <section className="panel mb query" aria-label={useWords().explore.filter}>
        <FilterExpression
          source={source}
          value={search.filter ?? ''}
          onApply={apply}
          help={<FilterHelp fields={fields} source={source} onPick={apply} />}
        />
        <Period explore={explore} />
      </section>
      <Answers explore={explore} />
    </>
  );
}

function SourceSwitch({ explore }: { readonly explore: Explore }) {
  const words = useWords();
  return (
    <Segments
      label={words.explore.source}
      value={explore.search.source ?? 'telescope'}
      options={SOURCES.map((id) => ({ id, title: words.explore.sourceName[id] }))}
      onPick={(source) => explore.change({ source, by: undefined, measure: undefined })}
    />
  );
}

function Head({ explore }: { readonly explore: Explore }) {
  const words = useWords();
  const { question, fields, isUnreadable } = explore;
  const tools = <SourceSwitch explore={explore} />;
  const plain = (heading: string, lead: ReactNode) => (
    <PageHead title={words.explore.title} heading={heading} tools={tools}>
      <p>{lead}</p>
    </PageHead>
  );
  if (isUnreadable) return plain(words.explore.unreadable, words.explore.unreadableLead);
  if (isEmpty(explore)) return plain(words.explore.noData, words.explore.noDataLead);
  return question && fields ? (
    <ExploreHead fields={fields} question={question} tools={tools} />
  ) : (
    plain(words.explore.title, words.explore.asking)
  );
}

function Period({ explore }: { readonly explore: Explore }) {
  const { search, newest } = explore;
  const from = search.from ?? newest?.from;
  const to = search.to ?? newest?.to;
  return from === undefined || to === undefined ? null : (
    <PeriodBar explore={explore} question={{ source: search.source ?? 'telescope', from, to }} />
  );
}

/** The newest 24 hours are where the newest data are: nothing in them is nothing at all. */
const isEmpty = ({ newest, search }: Explore): boolean =>
  search.from === undefined && newest !== undefined && newest.series.every((one) => one.total === 0);

function Answers({ explore }: { readonly explore: Explore }) {
  const words = useWords();
  const opener = usePivotOpener();
  const { question, fields, error, retry, isUnreadable } = explore;
  if (error instanceof HubError && error.status === 403) return <Forbidden />;
  if (isUnreadable) return null;
  if (isEmpty(explore))
    return (
      <Link className="btn" to="/intakes">
        {words.explore.connect}
      </Link>
    );
  if (!question || !fields) {
    return (
      <div className="panel">
        <Answered of={{ data: undefined, error, refetch: retry }} lines={9}>
          {() => null}
        </Answered>
      </div>
    );
  }
  return (
    <>
      <div className="row explore-row">
        <SeriesPanel explore={explore} fields={fields} question={question} />
        <TopPanel explore={explore} fields={fields} question={question} onPivot={opener.open} />
      </div>
      <RowsPanel explore={explore} question={question} onPivot={opener.open} />
      <PivotMenu explore={explore} question={question} opener={opener} />
      <footer className="foot">
        <span>{words.explore.gapNote}</span>
        {question.source === 'telescope' ? <span>{words.explore.cellNote}</span> : null}
        <span>{words.common.estimatedCountry}</span>
      </footer>
    </>
  );
}

function Forbidden() {
  const words = useWords();
  return (
    <div className="panel state error" role="alert">
      <h2>{words.explore.forbidden}</h2>
      <p>{words.explore.forbiddenLead}</p>
    </div>
  );
}
