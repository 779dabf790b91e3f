/** One finding: the sentence, the figures and the rule behind it, whose it was, and every observation it rests on. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { Finding } from '../../src/server/contract.ts';
import { useFormat } from '../format.ts';
import { portText } from '../parts/evidence-tree.tsx';
import { FactList } from '../parts/fact-list.tsx';
import { Strikes } from '../parts/icons.tsx';
import { MoreRows } from '../parts/more-rows.tsx';
import { ObservationTable } from '../parts/observation-table.tsx';
import { Answered, AnsweredScreen, PageHead, Panel } from '../parts/page.tsx';
import { stepFor } from '../parts/period.ts';
import { usePreferences, useWords, wordFor } from '../preferences.tsx';
import { findingQuery, observationsQuery, trafficQuery } from '../queries.ts';

export function FindingScreen() {
  const { fingerprint } = useParams({ from: '/findings/$fingerprint' });
  const words = useWords();
  const finding = useQuery(findingQuery(fingerprint));
  return (
    <AnsweredScreen of={finding} name={fingerprint.slice(0, 12)} title={words.findings.title}>
      {(data) => <FindingPage finding={data} />}
    </AnsweredScreen>
  );
}

function FindingPage({ finding }: { readonly finding: Finding }) {
  const words = useWords();
  const { language } = usePreferences();
  return (
    <>
      <FindingHead finding={finding} />
      <div className="row main-side">
        <div className="stack">
          <Panel title={words.finding.why}>
            <div className="in stack">
              <p className="lead">{finding.because[language]}</p>
              <h3>{words.finding.facts}</h3>
              <FactList facts={finding.evidence.facts} />
            </div>
          </Panel>
          <Observations finding={finding} />
        </div>
        <div className="stack">
          <RulePanel finding={finding} />
          <WhosePanel finding={finding} />
          <QualityPanel finding={finding} />
        </div>
      </div>
    </>
  );
}

function FindingHead({ finding }: { readonly finding: Finding }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const title = `${finding.kindTitle[language]} ${finding.asset.value}`;
  const crumb = (
    <>
      <Link to="/findings">{words.findings.title}</Link> / {finding.fingerprint.slice(0, 12)}
    </>
  );
  return (
    <PageHead title={title} heading={title} crumb={crumb}>
      <div className="meta soft">
        <Strikes severity={finding.severity} />
        <span>{finding.identifier}</span>
        {portText(finding) ? <span>{portText(finding)}</span> : null}
        <span>{wordFor(words.findingState, finding.state)}</span>
        <span>{words.finding.confidence(format.confidence(finding.confidence))}</span>
        {finding.caseId ? (
          <span>
            {words.finding.inCase}{' '}
            <Link to="/cases/$id" params={{ id: finding.caseId }}>
              {finding.caseId}
            </Link>
          </span>
        ) : (
          <span>{words.finding.noCase}</span>
        )}
      </div>
    </PageHead>
  );
}

function RulePanel({ finding }: { readonly finding: Finding }) {
  const words = useWords();
  const format = useFormat();
  const { rule, sensors } = finding.evidence;
  return (
    <Panel title={words.finding.rule}>
      <div className="in stack">
        <dl className="facts">
          <dt>{words.finding.rule}</dt>
          <dd>
            <span className="mono">{rule.id}</span> <span className="quiet">{words.finding.ruleVersion(rule.version)}</span>
          </dd>
          <dt>{words.finding.origin}</dt>
          <dd className="mono">
            {format.list([finding.origin.module, finding.origin.feed ?? '', finding.origin.report ?? ''].filter((name) => name !== ''))}
          </dd>
          <dt>{words.finding.role}</dt>
          <dd>{wordFor(words.role, finding.role)}</dd>
          <dt>{words.finding.count}</dt>
          <dd>{format.count(finding.count)}</dd>
          <dt>{words.finding.seenFrom}</dt>
          <dd>
            {format.dateTime(finding.firstSeenAt)} {format.zone}
          </dd>
          <dt>{words.finding.seenTo}</dt>
          <dd>
            {format.dateTime(finding.lastSeenAt)} {format.zone}
          </dd>
          <dt>{words.finding.sensors}</dt>
          <dd>{sensors.length > 0 ? format.list(sensors) : words.common.none}</dd>
        </dl>
        {Object.keys(rule.parameters).length > 0 ? (
          <>
            <h3>{words.finding.parameters}</h3>
            <FactList facts={rule.parameters} isRaw />
          </>
        ) : null}
      </div>
    </Panel>
  );
}

function WhosePanel({ finding }: { readonly finding: Finding }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const { attribution } = finding;
  const { network } = attribution;
  return (
    <Panel title={words.finding.whose} note={words.finding.whoseNote(`${format.utc(attribution.asOf).slice(0, 16)} UTC`)}>
      <div className="in">
        <dl className="facts">
          <dt>{words.finding.constituent}</dt>
          <dd>
            {attribution.constituentId && attribution.constituentName ? (
              <Link to="/constituents/$id" params={{ id: attribution.constituentId }}>
                {attribution.constituentName[language]}
              </Link>
            ) : (
              words.finding.nobody
            )}
          </dd>
          {attribution.via ? (
            <>
              <dt>{words.finding.via}</dt>
              <dd>
                {words.via[attribution.via]} <span className="quiet">{attribution.resource}</span>
              </dd>
              <dt>{words.finding.confidenceLabel}</dt>
              <dd>{format.confidence(attribution.confidence)}</dd>
            </>
          ) : null}
          <dt>{words.finding.networkLabel}</dt>
          <dd>{network.asn === null ? words.common.unknown : `AS${network.asn} ${network.asName ?? ''}`}</dd>
          <dt>{words.finding.country}</dt>
          <dd>{network.country ? format.country(network.country) : words.common.unknown}</dd>
          {network.tableDate ? (
            <>
              <dt>{words.finding.tableDate}</dt>
              <dd>{network.tableDate}</dd>
            </>
          ) : null}
        </dl>
      </div>
    </Panel>
  );
}

/** What could be wrong with the data, in words: gaps while it was seen, other people's reports, estimates. */
function QualityPanel({ finding }: { readonly finding: Finding }) {
  const words = useWords();
  const format = useFormat();
  const isFeed = finding.origin.feed !== undefined;
  const period = { from: finding.firstSeenAt, to: finding.lastSeenAt + 1 };
  const traffic = useQuery({ ...trafficQuery(period, stepFor(period)), enabled: !isFeed });
  const gaps = (traffic.data?.gaps ?? []).filter((gap) => gap.to > period.from && gap.from < period.to);
  const { facts, sensors } = finding.evidence;
  const sentences = [
    isFeed ? words.finding.qualityFeed(finding.origin.feed ?? '') : '',
    traffic.data && gaps.length > 0
      ? words.finding.qualityGaps(format.list(gaps.slice(0, 4).map((gap) => format.span(gap.from, gap.to))))
      : '',
    traffic.data && gaps.length === 0 ? words.finding.qualityNoGaps : '',
    facts['areTargetsALowerBound'] === true
      ? words.finding.qualityLowerBound
      : typeof facts['targets'] === 'number'
        ? words.finding.qualityEstimate
        : '',
    !isFeed && sensors.length > 0 ? words.finding.qualitySensors(sensors.length) : '',
  ].filter((sentence) => sentence !== '');
  if (sentences.length === 0) return null;
  return (
    <Panel title={words.finding.quality}>
      <div className="in">
        <ul className="plain-list small">
          {sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </div>
    </Panel>
  );
}

function Observations({ finding }: { readonly finding: Finding }) {
  const words = useWords();
  const observations = useInfiniteQuery(observationsQuery(finding.fingerprint));
  const pages = observations.data?.pages;
  const first = pages?.[0];
  const note = first ? (first.source === 'feed' ? words.finding.observationsFeed : words.finding.observationsTelescope) : null;
  return (
    <Panel title={words.finding.observations} note={note}>
      <Answered of={{ data: first, error: observations.error, refetch: observations.refetch }}>
        {(page) => (
          <div className="scroll" tabIndex={0} role="region" aria-label={words.common.tableRegion(words.finding.observations)}>
            <ObservationTable page={{ ...page, rows: pages?.flatMap((one) => one.rows) ?? [] }} caption={words.finding.observations} />
          </div>
        )}
      </Answered>
      <MoreRows query={observations} />
    </Panel>
  );
}
