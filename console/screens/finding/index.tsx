/**
 * One finding, explained: what we think in one sentence, its picture, the reasons, how
 * sure we are and what else it could be, what we could not see, what to do; then the rule
 * and every observation it rests on.
 */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Button } from 'react-aria-components';
import type { Explanation } from '../../../src/server/explanation-contract.ts';
import { useFormat } from '../../format.ts';
import { portText } from '../../parts/evidence-tree.tsx';
import { Strikes } from '../../parts/icons.tsx';
import { MoreRows } from '../../parts/more-rows.tsx';
import { ObservationTable } from '../../parts/observation-table.tsx';
import { Answered, AnsweredScreen, PageHead, Panel } from '../../parts/page.tsx';
import { FindingPicturePanel } from '../../parts/pictures/finding-panel.tsx';
import { usePreferences, useWords, wordFor } from '../../preferences.tsx';
import { observationsQuery } from '../../queries.ts';
import { explanationQuery } from '../findings/queries.ts';
import { MarkPanel } from './mark-panel.tsx';
import { QualityPanel } from './quality-panel.tsx';
import { RulePanel, WhosePanel } from './rule-panel.tsx';
import './finding.css';

export function FindingScreen() {
  const { fingerprint } = useParams({ from: '/findings/$fingerprint' });
  const words = useWords();
  const explanation = useQuery(explanationQuery(fingerprint));
  return (
    <AnsweredScreen of={explanation} name={fingerprint.slice(0, 12)} title={words.findings.title}>
      {(data) => <FindingPage explanation={data} />}
    </AnsweredScreen>
  );
}

function FindingPage({ explanation }: { readonly explanation: Explanation }) {
  const words = useWords();
  const { language } = usePreferences();
  const { picture, finding } = explanation;
  return (
    <>
      <FindingHead explanation={explanation} />
      <MarkPanel finding={finding} />
      <div className="row main-side">
        <div className="stack">
          {picture ? <FindingPicturePanel picture={picture} /> : null}
          <Points title={words.judgement.saw} points={explanation.saw} />
          {explanation.why.length > 0 ? <Points title={words.judgement.why} points={explanation.why} isNumbered /> : null}
          <Advice advice={explanation.advice} />
          <Observations explanation={explanation} />
          <section className="explain-part">
            <h2>{words.judgement.wrong}</h2>
            <p className="soft">{words.judgement.wrongText}</p>
          </section>
        </div>
        <div className="stack">
          <ConfidencePanel explanation={explanation} />
          <QualityPanel explanation={explanation} />
          <Panel title={words.judgement.doubts}>
            <dl className="in doubts">
              {explanation.doubts.map((doubt) => (
                <div key={doubt.title.en}>
                  <dt>{doubt.title[language]}</dt>
                  <dd>{doubt.text[language]}</dd>
                </div>
              ))}
            </dl>
          </Panel>
          <Panel className="unknowns" title={words.judgement.unseen}>
            <ul className="in plain-list small">
              {explanation.unseen.map((one) => (
                <li key={one.en}>{one[language]}</li>
              ))}
            </ul>
          </Panel>
          <WhosePanel finding={finding} />
          <RulePanel explanation={explanation} />
        </div>
      </div>
    </>
  );
}

function FindingHead({ explanation }: { readonly explanation: Explanation }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const { finding, heading } = explanation;
  const crumb = (
    <>
      <Link to="/findings">{words.findings.title}</Link> / {finding.fingerprint.slice(0, 12)}
    </>
  );
  const tools = (
    <Button className="btn" onPress={() => window.print()}>
      {words.common.print}
    </Button>
  );
  return (
    <PageHead title={`${finding.kindTitle[language]} ${finding.asset.value}`} heading={heading[language]} crumb={crumb} tools={tools}>
      <p className="lead">{explanation.lead[language]}</p>
      <div className="meta soft">
        <Strikes severity={finding.severity} />
        <span>{finding.kindTitle[language]}</span>
        <span>{finding.identifier}</span>
        <span>{finding.asset.value}</span>
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
      <p className="because">{finding.because[language]}</p>
    </PageHead>
  );
}

interface PointsProps {
  readonly title: string;
  readonly points: Explanation['saw'];
  readonly isNumbered?: boolean;
}

function Points({ title, points, isNumbered = false }: PointsProps) {
  const { language } = usePreferences();
  return (
    <section className="explain-part">
      <h2>{title}</h2>
      <ol className={isNumbered ? 'points numbered' : 'points'}>
        {points.map((point) => (
          <li key={point.title.en}>
            <h3>{point.title[language]}</h3>
            <p className="soft">{point.text[language]}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Advice({ advice }: { readonly advice: Explanation['advice'] }) {
  const words = useWords();
  const { language } = usePreferences();
  return (
    <section className="explain-part">
      <h2>{words.judgement.advice}</h2>
      <p>{advice.summary[language]}</p>
      <ol className="points numbered steps-to-do">
        {advice.steps.map((step) => (
          <li key={step.en}>{step[language]}</li>
        ))}
      </ol>
      <p className="soft">{advice.risk[language]}</p>
    </section>
  );
}

function ConfidencePanel({ explanation }: { readonly explanation: Explanation }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const { value, words: said } = explanation.confidence;
  return (
    <Panel title={words.judgement.confidence}>
      <div className="in">
        <p className="confidence-figure">{format.confidence(value)}</p>
        <svg className="confidence-bar" aria-hidden="true" viewBox="0 0 100 6" preserveAspectRatio="none">
          <rect width="100" height="6" className="rest" />
          <rect width={value} height="6" className="sure" />
        </svg>
        <p className="small soft">{said[language]}</p>
      </div>
    </Panel>
  );
}

function Observations({ explanation }: { readonly explanation: Explanation }) {
  const words = useWords();
  const observations = useInfiniteQuery(observationsQuery(explanation.finding.fingerprint));
  const pages = observations.data?.pages;
  const first = pages?.[0];
  const note = first ? (first.source === 'feed' ? words.finding.observationsFeed : words.finding.observationsTelescope) : null;
  const { question } = explanation;
  const all = question ? (
    <Link to="/explore" search={{ ...question }}>
      {words.judgement.exploreAll}
    </Link>
  ) : null;
  return (
    <Panel title={words.finding.observations} note={note} end={all}>
      <Answered of={{ data: first, error: observations.error, refetch: observations.refetch }}>
        {(page) => (
          <div className="scroll observed" tabIndex={0} role="region" aria-label={words.common.tableRegion(words.finding.observations)}>
            <ObservationTable page={{ ...page, rows: pages?.flatMap((one) => one.rows) ?? [] }} caption={words.finding.observations} />
          </div>
        )}
      </Answered>
      <MoreRows query={observations} />
    </Panel>
  );
}
