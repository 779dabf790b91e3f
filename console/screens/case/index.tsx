/** One case: how far it has come, why we think so, what we would say, whose it was, and what to do next. */
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { CaseDetail } from '../../../src/server/contract.ts';
import { EvidenceTree } from '../../parts/evidence-tree.tsx';
import { AnsweredScreen, Panel } from '../../parts/page.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';
import { caseQuery } from '../../queries.ts';
import { Draft } from './draft.tsx';
import { CaseHead } from './head.tsx';
import { NextStep } from './next-step.tsx';
import { Steps } from './steps.tsx';
import type { Channel } from './terms.ts';
import { Timeline } from './timeline.tsx';
import { Whose } from './whose.tsx';

export function CaseScreen() {
  const { id } = useParams({ from: '/cases/$id' });
  const words = useWords();
  const detail = useQuery(caseQuery(id));
  return (
    <AnsweredScreen of={detail} name={id} title={words.case.title(id)}>
      {(data) => <CasePage key={id} detail={data} />}
    </AnsweredScreen>
  );
}

function CasePage({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const { language } = usePreferences();
  const [channel, setChannel] = useState<Channel>(() => (detail.case.channels.includes('mail') ? 'letter' : 'mail'));
  const lead = detail.findings[0]?.because[language];
  return (
    <>
      <CaseHead detail={detail} />
      <Steps detail={detail} />
      <div className="row main-side">
        <div className="stack">
          <Panel title={words.finding.why}>
            {lead ? (
              <div className="in">
                <p className="lead">{lead}</p>
              </div>
            ) : null}
            <EvidenceTree findings={detail.findings} />
          </Panel>
          <Draft detail={detail} channel={channel} />
          <Whose detail={detail} />
        </div>
        <div className="stack">
          <NextStep detail={detail} channel={channel} onChannel={setChannel} />
          <Timeline detail={detail} />
        </div>
      </div>
    </>
  );
}
