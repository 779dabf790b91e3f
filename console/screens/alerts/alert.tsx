/** One own-range alert: why, hour by hour, what happened, and what people do about it. */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { AlertDetail } from '../../../src/server/alert-contract.ts';
import { useFormat } from '../../format.ts';
import { Strikes } from '../../parts/icons.tsx';
import { AnsweredScreen, PageHead, Panel } from '../../parts/page.tsx';
import { SparkBars } from '../../parts/spark-bars.tsx';
import { TimelineEntry } from '../../parts/timeline-entry.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';
import { alertQuery } from '../../queries.ts';
import { ActDialog, type Verb } from './act-dialog.tsx';
import { AlertStateTag } from './state-tag.tsx';

export function AlertScreen() {
  const { id } = useParams({ from: '/alerts/$id' });
  const words = useWords();
  const alert = useQuery(alertQuery(id));
  return (
    <AnsweredScreen of={alert} name={id} title={words.alerts.oneTitle(id)}>
      {(data) => <AlertView key={data.alert.id} detail={data} />}
    </AnsweredScreen>
  );
}

function AlertView({ detail }: { readonly detail: AlertDetail }) {
  const words = useWords();
  const { language } = usePreferences();
  const [verb, setVerb] = useState<Verb | null>(null);
  const { alert } = detail;
  const crumb = (
    <>
      <Link to="/alerts">{words.alerts.title}</Link> /{' '}
      <Link to="/own-ranges/$id" params={{ id: alert.constituentId }}>
        {alert.constituentName[language]}
      </Link>{' '}
      / {alert.id}
    </>
  );
  const tools = (
    <>
      {alert.closedAt === null && alert.acknowledgedAt === null ? (
        <Button className="btn" onPress={() => setVerb('acknowledge')}>
          {words.alerts.acknowledge}
        </Button>
      ) : null}
      <Button className="btn" onPress={() => setVerb('comment')}>
        {words.alerts.comment}
      </Button>
      {alert.closedAt === null ? (
        <Button className="btn go" onPress={() => setVerb('close')}>
          {words.alerts.close}
        </Button>
      ) : null}
    </>
  );
  return (
    <>
      <PageHead
        title={words.alerts.oneTitle(alert.id)}
        heading={words.alerts.oneHeading[alert.class](alert.host)}
        crumb={crumb}
        tools={tools}
      >
        <p>{alert.because[language]}</p>
      </PageHead>
      <div className="row main-side">
        <div className="stack">
          <Hours detail={detail} />
          <Timeline detail={detail} />
        </div>
        <Facts detail={detail} />
      </div>
      <ActDialog id={alert.id} verb={verb} onClose={() => setVerb(null)} />
    </>
  );
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };
const portText = ({ protocol, port }: { readonly protocol: number; readonly port: number }): string =>
  protocol === 1 || protocol === 58 ? (PROTOCOLS[protocol] ?? '') : `${port}/${PROTOCOLS[protocol] ?? protocol}`;

function Facts({ detail }: { readonly detail: AlertDetail }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const { alert } = detail;
  return (
    <Panel title={words.alerts.facts} note={format.zone}>
      <div className="in">
        <dl className="facts">
          <dt>{words.alerts.state}</dt>
          <dd>
            <AlertStateTag alert={alert} />
          </dd>
          <dt>{words.alerts.severity}</dt>
          <dd>
            <Strikes severity={alert.severity} />
          </dd>
          <dt>{words.alerts.organisation}</dt>
          <dd>
            <Link to="/own-ranges/$id" params={{ id: alert.constituentId }}>
              {alert.constituentName[language]}
            </Link>
          </dd>
          <dt>{words.alerts.firstSeen}</dt>
          <dd>{format.dateTime(alert.firstSeenAt)}</dd>
          <dt>{words.alerts.lastSeen}</dt>
          <dd>{format.dateTime(alert.lastSeenAt)}</dd>
          <dt>{words.alerts.packets}</dt>
          <dd>{format.count(alert.packets)}</dd>
          <dt>{words.alerts.targets}</dt>
          <dd>{format.count(alert.targets)}</dd>
          <dt>{words.alerts.ports}</dt>
          <dd>{format.list(alert.ports.map(portText))}</dd>
          <dt>{words.alerts.sensors}</dt>
          <dd>{format.list(alert.sensors)}</dd>
          <dt>{words.alerts.told}</dt>
          <dd>
            {alert.noticeId === null ? (
              words.alerts.notTold
            ) : (
              <Link to="/notices/$id" params={{ id: alert.noticeId }}>
                {alert.noticeId}
              </Link>
            )}
          </dd>
          {alert.cause === null ? null : (
            <>
              <dt>{words.alerts.cause}</dt>
              <dd>{words.alerts.causeName[alert.cause]}</dd>
            </>
          )}
        </dl>
        <p className="quiet small alert-quiet">{words.alerts.quiet(detail.quietHours)}</p>
      </div>
    </Panel>
  );
}

const HOUR_MS = 3_600_000;
const LEAST_BARS = 24;
const MOST_BARS = 168;

/** One bar per hour, hours without packets among them; the table has the same figures. */
function Hours({ detail }: { readonly detail: AlertDetail }) {
  const words = useWords();
  const format = useFormat();
  const { hours } = detail;
  const last = hours.at(-1)?.hour ?? 0;
  const first = Math.min(hours[0]?.hour ?? 0, last - (LEAST_BARS - 1) * HOUR_MS);
  const from = Math.max(first, last - (MOST_BARS - 1) * HOUR_MS);
  const byHour = new Map(hours.map(({ hour, packets }) => [hour, packets]));
  const bars = Array.from({ length: Math.max(1, (last - from) / HOUR_MS + 1) }, (_, i) => byHour.get(from + i * HOUR_MS) ?? 0);
  const most = Math.max(1, ...bars);
  return (
    <Panel title={words.alerts.hours} note={`${words.common.range(format.dateTime(from), format.dateTime(last + HOUR_MS))} ${format.zone}`}>
      <div className="in">
        <p className="sr">{words.alerts.hoursAlt(hours.length, format.count(most))}</p>
        <div className="alert-hours">
          <SparkBars counts={bars} highest={most} />
        </div>
      </div>
      <div className="scroll alert-hours-table" tabIndex={0} role="region" aria-label={words.common.tableRegion(words.alerts.hours)}>
        <table className="narrow">
          <caption className="sr">{words.alerts.hours}</caption>
          <thead>
            <tr>
              <th scope="col">{words.alerts.hour}</th>
              <th scope="col" className="num">
                {words.alerts.packets}
              </th>
            </tr>
          </thead>
          <tbody>
            {hours.toReversed().map(({ hour, packets }) => (
              <tr key={hour}>
                <th scope="row">{format.dateTime(hour)}</th>
                <td className="num">{format.count(packets)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Timeline({ detail }: { readonly detail: AlertDetail }) {
  const words = useWords();
  const format = useFormat();
  return (
    <Panel title={words.alerts.timeline} note={format.zone}>
      <ol className="tl">
        {detail.events.toReversed().map((event) => (
          <TimelineEntry key={`${event.at} ${event.what} ${event.text.en}`} event={event} />
        ))}
      </ol>
    </Panel>
  );
}
