/** What comes in right now, what waits for a decision, what was read last; in an empty hub, how to begin. */
import './now.css';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Button } from 'react-aria-components';
import type { Status } from '../../../src/server/contract.ts';
import { useFormat } from '../../format.ts';
import { FeedPanel, OwnDataPanel } from '../../parts/feed-panel.tsx';
import { Segments } from '../../parts/fields.tsx';
import { AnsweredScreen, PageHead } from '../../parts/page.tsx';
import { stepFor } from '../../parts/period.ts';
import { TopTable } from '../../parts/top-table.tsx';
import { useWords } from '../../preferences.tsx';
import { type Period, statusQuery, trafficQuery, usualQuery, watchQuery } from '../../queries.ts';
import { Decisions } from './decisions.tsx';
import { MapPanel } from './map-panel.tsx';
import { NowHead } from './now-head.tsx';
import { isRecent, periodFor, RANGES, type Range, spanWords, standardRange, usualPeriod } from './periods.ts';
import { RecentIntakes } from './recent-intakes.tsx';
import { TrafficPanel } from './traffic-panel.tsx';
import { usePause } from './use-pause.ts';
import { UsualPanel } from './usual-panel.tsx';

const SURGE_LASTS_MS = 3_600_000;

export function NowScreen() {
  const words = useWords();
  const status = useQuery(statusQuery());
  return (
    <AnsweredScreen of={status} name={words.now.title} title={words.now.title}>
      {(data) =>
        data.data.lastAt === null || data.data.firstAt === null ? (
          <EmptyHub status={data} />
        ) : (
          <FullHub status={data} data={{ from: data.data.firstAt, to: data.data.lastAt }} />
        )
      }
    </AnsweredScreen>
  );
}

function EmptyHub({ status }: { readonly status: Status }) {
  const words = useWords();
  return (
    <>
      <PageHead title={words.now.title} heading={words.now.emptyHeading}>
        <p>{words.now.emptyLead}</p>
      </PageHead>
      <div className="row halves">
        {status.simulation ? <OwnDataPanel /> : <FeedPanel title={words.now.feed} />}
        <RecentIntakes />
      </div>
      {status.counts.openCases > 0 ? <Decisions status={status} /> : null}
    </>
  );
}

interface FullHubProps {
  readonly status: Status;
  /** From the first to the last minute with data. */
  readonly data: Period;
}

function FullHub({ status, data }: FullHubProps) {
  const words = useWords();
  const format = useFormat();
  const { isPaused, toggle } = usePause();
  const isLive = isRecent(data, status.now);
  const { range, pick } = useRange(standardRange(data, status.now));
  const period = periodFor(range, data);
  const traffic = useQuery(trafficQuery(period, stepFor(period)));
  const whole = usualPeriod(data);
  const usual = useQuery({ ...usualQuery(whole?.period ?? period, whole?.step ?? 600), enabled: whole !== null });
  const isSurging = useIsSurging(status.now);
  const tools = (
    <>
      <RangePicker range={range} onPick={pick} />
      <Button className="btn" onPress={toggle} aria-pressed={isPaused} aria-keyshortcuts="Space">
        {isPaused ? words.map.resume : words.map.pause} <kbd aria-hidden="true">Space</kbd>
      </Button>
    </>
  );
  return (
    <>
      <NowHead
        traffic={traffic.data}
        usual={isLive && whole ? usual.data : undefined}
        period={period}
        span={spanWords(range, period, isLive, words, format)}
        tools={tools}
      />
      <div className="row chart-side">
        <MapPanel isPaused={isPaused} isSurging={isSurging} />
        <Decisions status={status} />
      </div>
      <div className="row halves">
        <UsualPanel usual={whole === null ? null : usual} />
        <TrafficPanel traffic={traffic} />
      </div>
      <div className="row quarters">
        <TopTable by="port" title={words.now.ports} head={words.now.port} period={period} />
        <TopTable by="network" title={words.now.networks} head={words.now.network} period={period} />
        <TopTable by="country" title={words.now.countries} head={words.now.country} period={period} />
        <TopTable by="source" title={words.now.topSources} head={words.now.source} period={period} />
      </div>
      <div className="row halves">
        <RecentIntakes />
        {status.simulation ? <OwnDataPanel /> : <FeedPanel title={words.now.feed} />}
      </div>
      <footer className="foot">
        <span>{words.common.gapNote}</span>
        {traffic.data && traffic.data.gaps.length > 0 ? <span>{words.now.gapTops}</span> : null}
        <span>{words.common.estimatedCountry}</span>
      </footer>
    </>
  );
}

function useRange(standard: Range): { readonly range: Range; readonly pick: (next: Range) => void } {
  const search = useSearch({ from: '/' });
  const navigate = useNavigate({ from: '/' });
  return {
    range: RANGES.find((known) => known === search.range) ?? standard,
    pick: (next) => void navigate({ search: (before) => ({ ...before, range: next }), replace: true }),
  };
}

function RangePicker({ range, onPick }: { readonly range: Range; readonly onPick: (next: Range) => void }) {
  const words = useWords();
  const titles: Readonly<Record<Range, string>> = {
    all: words.now.rangeAll,
    week: words.now.rangeWeek,
    day: words.now.rangeDay,
    hour: words.now.rangeHour,
  };
  return (
    <Segments<Range>
      label={words.now.range}
      value={range}
      onPick={onPick}
      options={RANGES.toReversed().map((id) => ({ id, title: titles[id] }))}
    />
  );
}

/** By the watch band's own rule: the bell rang within the last hour. */
function useIsSurging(now: number): boolean {
  const { data: watch } = useQuery(watchQuery());
  return watch?.bells.some((bell) => bell.at > now - SURGE_LASTS_MS) ?? false;
}
