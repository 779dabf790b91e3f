/** What a decision did, and the way back from it. */
import { Button } from 'react-aria-components';
import type { FindingMarkResult } from '../../../src/server/finding-contract.ts';
import { useWords } from '../../preferences.tsx';
import { useMark } from './mark-dialog.tsx';

interface MarkOutcomeProps {
  readonly result: FindingMarkResult | null;
  readonly onUndone: () => void;
}

export function MarkOutcome({ result, onUndone }: MarkOutcomeProps) {
  const words = useWords();
  const mark = useMark();
  const undo = (): void =>
    mark.mutate(
      { fingerprints: [...(result?.changed ?? [])], to: 'undo', reason: words.judgement.undo, expiresAt: null },
      { onSuccess: onUndone },
    );
  return (
    <p className="mark-outcome" role="status">
      {result ? (
        <>
          {words.judgement.markDone(result.changed.length)}{' '}
          {result.unchanged > 0 ? `${words.judgement.unchanged(result.unchanged)} ` : null}
          {result.changed.length > 0 ? (
            <Button className="linklike" isDisabled={mark.isPending} onPress={undo}>
              {words.judgement.undo}
            </Button>
          ) : null}
        </>
      ) : null}
    </p>
  );
}
