/** The moves the case allows, each behind a dialog that asks for what it needs. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { CaseDetail } from '../../../src/server/contract.ts';
import { send } from '../../api.ts';
import { type Move, MoveDialog } from '../../parts/dialogs.tsx';
import { problemText } from '../../parts/notify.ts';
import { useWords, wordFor } from '../../preferences.tsx';

export function MoveButtons({ detail, onOutcome }: { readonly detail: CaseDetail; readonly onOutcome: (text: string) => void }) {
  const words = useWords();
  const client = useQueryClient();
  const [to, setTo] = useState<string | null>(null);
  const move = useMutation({
    mutationFn: (chosen: Move) => send<CaseDetail>(`/cases/${encodeURIComponent(detail.case.id)}/moves`, chosen),
    onSuccess: async (after) => {
      setTo(null);
      onOutcome(words.case.moved(wordFor(words.caseState, after.case.state)));
      await client.invalidateQueries();
    },
  });
  if (detail.moves.length === 0) return <p className="small soft">{words.case.noMoves}</p>;
  return (
    <>
      <div className="acts2">
        {detail.moves.map((candidate) => (
          <Button
            key={candidate}
            className="btn"
            onPress={() => {
              move.reset();
              setTo(candidate);
            }}
          >
            {wordFor(words.case.move, candidate)}
          </Button>
        ))}
      </div>
      <MoveDialog
        to={to}
        isBusy={move.isPending}
        problem={move.error ? problemText(move.error, words) : undefined}
        onClose={() => setTo(null)}
        onMove={(chosen) => move.mutate(chosen)}
      />
    </>
  );
}
