/** What somebody decided about this finding, and the ways to decide anew. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { Finding } from '../../../src/server/contract.ts';
import type { FindingMarkResult } from '../../../src/server/finding-contract.ts';
import { useFormat } from '../../format.ts';
import { useWords } from '../../preferences.tsx';
import { type Decision, MarkDialog } from '../findings/mark-dialog.tsx';
import { MarkOutcome } from '../findings/mark-outcome.tsx';
import { markQuery } from '../findings/queries.ts';

const SETTLED = new Set(['false_positive', 'accepted', 'verified_fixed', 'unseen']);

export function MarkPanel({ finding }: { readonly finding: Finding }) {
  const { judgement } = useWords();
  const format = useFormat();
  const { data } = useQuery(markQuery(finding.fingerprint));
  const [decision, setDecision] = useState<Decision | null>(null);
  const [result, setResult] = useState<FindingMarkResult | null>(null);
  const mark = data?.mark;
  return (
    <div className="mark-row">
      {mark ? (
        <p>
          {judgement.standing(mark.actor, `${format.dateTime(mark.at)} ${format.zone}`)} <b>{mark.reason}</b>
          {mark.expiresAt === null ? null : judgement.standingUntil(format.date(mark.expiresAt))}
        </p>
      ) : null}
      <MarkOutcome result={result} onUndone={() => setResult(null)} />
      <div className="acts">
        {finding.state === 'false_positive' ? null : (
          <Button className="btn" onPress={() => setDecision('false_positive')}>
            {judgement.markFalse}
          </Button>
        )}
        <Button className="btn" onPress={() => setDecision('accepted')}>
          {judgement.markAccept}
        </Button>
        {SETTLED.has(finding.state) ? (
          <Button className="btn" onPress={() => setDecision('reopened')}>
            {judgement.markReopen}
          </Button>
        ) : null}
      </div>
      <MarkDialog
        to={decision}
        fingerprints={[finding.fingerprint]}
        onClose={() => setDecision(null)}
        onDone={(done) => {
          setDecision(null);
          setResult(done);
        }}
      />
    </div>
  );
}
