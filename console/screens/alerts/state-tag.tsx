/** The state of an alert in words; what nobody has acknowledged asks for a decision. */
import type { Alert } from '../../../src/server/alert-contract.ts';
import { useWords } from '../../preferences.tsx';

export function AlertStateTag({ alert }: { readonly alert: Alert }) {
  const words = useWords();
  const isGoingOn = alert.state === 'new' || alert.state === 'continuing';
  const isWaiting = isGoingOn && alert.acknowledgedAt === null;
  const name = words.alerts.stateName[alert.state];
  return (
    <>
      <span className={isWaiting ? 'tag bell' : alert.state === 'closed' ? 'tag ok' : 'tag'}>{name}</span>
      {isGoingOn && !isWaiting ? <span className="quiet"> {words.alerts.acknowledged}</span> : null}
    </>
  );
}
