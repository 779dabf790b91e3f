/** What can be done with the selected findings, and how many things and organisations that concerns. */
import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { FindingMarkResult } from '../../../src/server/finding-contract.ts';
import { useWords } from '../../preferences.tsx';
import type { Selection } from './grid.tsx';
import { type Decision, MarkDialog } from './mark-dialog.tsx';

interface BulkBarProps {
  readonly selection: Selection;
  readonly onClear: () => void;
  readonly onDone: (result: FindingMarkResult) => void;
}

export function BulkBar({ selection, onClear, onDone }: BulkBarProps) {
  const { judgement } = useWords();
  const [decision, setDecision] = useState<Decision | null>(null);
  if (selection.size === 0) return null;
  const rows = [...selection.values()];
  const hosts = new Set(rows.map(({ asset }) => asset.value)).size;
  const constituents = new Set(rows.flatMap(({ constituentName }) => (constituentName ? [constituentName.ja] : []))).size;
  return (
    <section className="bulk-bar" aria-label={judgement.bulk}>
      <span role="status">{judgement.selected(rows.length, hosts, constituents)}</span>
      <Button className="btn" onPress={() => setDecision('false_positive')}>
        {judgement.markFalse}
      </Button>
      <Button className="btn" onPress={() => setDecision('accepted')}>
        {judgement.markAccept}
      </Button>
      <Button className="btn" onPress={() => setDecision('reopened')}>
        {judgement.markReopen}
      </Button>
      <Button className="linklike" onPress={onClear}>
        {judgement.clear}
      </Button>
      <MarkDialog
        to={decision}
        fingerprints={[...selection.keys()]}
        onClose={() => setDecision(null)}
        onDone={(result) => {
          setDecision(null);
          onDone(result);
        }}
      />
    </section>
  );
}
