/** Addresses of clients on the screen: shown under leave for a purpose, or the question that leads there. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Grant } from '../../src/server/c2-contract.ts';
import { HubError } from '../api.ts';
import { useFormat } from '../format.ts';
import { usePreferences, useWords } from '../preferences.tsx';
import { grantsQuery, purposesQuery } from '../queries.ts';
import { PurposeDialog } from './purpose-dialog.tsx';

const CLIENT_PURPOSES = ['network-operation', 'incident-response', 'own-subscriber-alert'] as const;

export interface ClientLeave {
  readonly isKnown: boolean;
  /** Undefined: no addresses for now. */
  readonly grant: Grant | undefined;
}

/** The reader's own leave to see clients. Asked only where clients could be seen. */
export function useClientLeave(isWanted: boolean): ClientLeave {
  const grants = useQuery({ ...grantsQuery(), enabled: isWanted });
  const grant = grants.data?.rows.find(
    ({ state, isMine, purpose }) => state === 'active' && isMine && (CLIENT_PURPOSES as readonly string[]).includes(purpose),
  );
  return { isKnown: !isWanted || grants.data !== undefined || grants.error !== null, grant };
}

export const needsPurpose = (error: unknown): boolean => error instanceof HubError && error.code === 'purpose-needed';

/** Says why there are no addresses and opens the way to them. */
export function PurposePrompt() {
  const words = useWords();
  const client = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const close = (): void => setIsAsking(false);
  return (
    <div className="state">
      <h3>{words.c2.ask.needed}</h3>
      <p>{words.c2.ask.neededLead}</p>
      <div className="acts">
        <Button className="btn" onPress={() => setIsAsking(true)}>
          {words.c2.ask.open}
        </Button>
      </div>
      {isAsking ? (
        <PurposeDialog
          of={CLIENT_PURPOSES}
          hours={[1, 8, 24]}
          onClose={close}
          onGranted={() => {
            close();
            void client.resetQueries({ queryKey: ['explore'] });
          }}
        />
      ) : null}
    </div>
  );
}

/** The prompt in the place of an answer that was refused for want of a purpose. */
export function OrPurpose({ error, children }: { readonly error: unknown; readonly children: ReactNode }) {
  return needsPurpose(error) ? <PurposePrompt /> : children;
}

/** Under which purpose addresses are shown, as long as they are. */
export function LeaveLine({ grant }: { readonly grant: Grant }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const purposes = useQuery(purposesQuery());
  const title = purposes.data?.rows.find(({ id }) => id === grant.purpose)?.title[language] ?? grant.purpose;
  return <p className="small pad-x">{words.c2.ask.active(title, format.dateTime(grant.until))}</p>;
}
