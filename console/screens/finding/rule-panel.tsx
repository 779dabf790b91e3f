/** The rule that judged, with its thresholds in words and the figures behind it, and whose the resource was. */
import { Link } from '@tanstack/react-router';
import type { Finding } from '../../../src/server/contract.ts';
import type { Explanation } from '../../../src/server/explanation-contract.ts';
import { useFormat } from '../../format.ts';
import { FactList } from '../../parts/fact-list.tsx';
import { Panel } from '../../parts/page.tsx';
import { usePreferences, useWords, wordFor } from '../../preferences.tsx';

export function RulePanel({ explanation }: { readonly explanation: Explanation }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const { rule, finding } = explanation;
  const isOurs = finding.origin.feed === undefined;
  return (
    <Panel title={words.judgement.details}>
      <div className="in stack">
        <dl className="facts">
          <dt>{words.finding.rule}</dt>
          <dd>
            {rule.title[language]} <span className="mono quiet">{rule.id}</span>{' '}
            <span className="quiet">{words.finding.ruleVersion(rule.version)}</span>
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
        </dl>
        <details>
          <summary>{words.finding.facts}</summary>
          <FactList facts={finding.evidence.facts} />
        </details>
        {rule.parameters.length > 0 ? (
          <details>
            <summary>{words.finding.parameters}</summary>
            <dl className="thresholds">
              {rule.parameters.map(({ name, value, meaning }) => (
                <div key={name}>
                  <dt className="mono">
                    {name} = {typeof value === 'string' ? value : JSON.stringify(value)}
                  </dt>
                  {meaning ? <dd className="small soft">{meaning[language]}</dd> : null}
                </div>
              ))}
            </dl>
          </details>
        ) : null}
        {isOurs ? (
          <p className="try-past">
            <Link to="/backtest" search={{ rule: rule.id }}>
              {words.judgement.tryOnPast}
            </Link>
          </p>
        ) : null}
      </div>
    </Panel>
  );
}

export function WhosePanel({ finding }: { readonly finding: Finding }) {
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
