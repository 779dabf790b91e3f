/** One organisation's ring: its registered addresses, where alerts go on, and whether it gets them at all. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Button } from 'react-aria-components';
import type { RingDetail, Ring as RingFacts } from '../../../src/server/alert-contract.ts';
import { change } from '../../api.ts';
import { problemText } from '../../parts/notify.ts';
import { AnsweredScreen, Empty, PageHead, Panel } from '../../parts/page.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';
import { ringQuery } from '../../queries.ts';
import { AlertTable } from './index.tsx';
import { Ring } from './ring.tsx';

export function OrganisationScreen() {
  const { id } = useParams({ from: '/own-ranges/$id' });
  const words = useWords();
  const ring = useQuery(ringQuery(id));
  return (
    <AnsweredScreen of={ring} name={id} title={words.alerts.ringTitle}>
      {(data) => <OrganisationView detail={data} />}
    </AnsweredScreen>
  );
}

function OrganisationView({ detail }: { readonly detail: RingDetail }) {
  const words = useWords();
  const { language } = usePreferences();
  const { ring, alerts } = detail;
  const name = ring.name[language];
  const hosts = new Set(alerts.map(({ host }) => host)).size;
  const crumb = (
    <>
      <Link to="/alerts">{words.alerts.title}</Link> /{' '}
      <Link to="/constituents/$id" params={{ id: ring.constituentId }}>
        {name}
      </Link>
    </>
  );
  return (
    <>
      <PageHead title={name} heading={words.alerts.ringHeading(name, hosts)} crumb={crumb} tools={<Switch ring={ring} />}>
        {ring.isOn ? null : <p>{words.alerts.switchedOffNote}</p>}
        {ring.hasMail ? null : <p>{words.alerts.noMailNote}</p>}
      </PageHead>
      <div className="row ring-row">
        <Panel title={words.alerts.ringTitle} note={words.alerts.ringNote}>
          <div className="in">
            <Ring ranges={ring.ranges} alerts={alerts} />
          </div>
        </Panel>
        <div className="stack">
          <Panel className="tbl" title={words.alerts.list}>
            {alerts.length === 0 ? (
              <Empty>{words.alerts.headingEmpty}</Empty>
            ) : (
              <AlertTable rows={alerts} total={alerts.length} caption={words.alerts.list} hasKeys isOfOne />
            )}
          </Panel>
          <Panel title={words.alerts.ranges}>
            <ul className="plain-list in mono">
              {ring.ranges.map((range) => (
                <li key={range}>{range}</li>
              ))}
            </ul>
          </Panel>
        </div>
      </div>
    </>
  );
}

function Switch({ ring }: { readonly ring: RingFacts }) {
  const words = useWords();
  const client = useQueryClient();
  const turn = useMutation({
    mutationFn: () => change<RingFacts>(`/own-ranges/${encodeURIComponent(ring.constituentId)}`, { isOn: !ring.isOn }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['alert'] }),
  });
  return (
    <>
      {turn.isError ? (
        <span className="errorc small" role="alert">
          {words.alerts.failed(problemText(turn.error, words))}
        </span>
      ) : null}
      <Button className="btn" onPress={() => turn.mutate()} isDisabled={turn.isPending}>
        {ring.isOn ? words.alerts.switchOff : words.alerts.switchOn}
      </Button>
    </>
  );
}
