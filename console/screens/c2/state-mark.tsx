/** The state of a candidate as a word; only what waits for a person stands out. */
import type { C2State } from '../../../src/domain/c2.ts';
import { useWords } from '../../preferences.tsx';

const TONES: Partial<Record<C2State, string>> = { candidate: 'amber', 'confirmed-once': 'amber', confirmed: 'ok' };

export function StateMark({ state }: { readonly state: C2State }) {
  const words = useWords();
  return <span className={`tag ${TONES[state] ?? ''}`.trim()}>{words.c2.stateName[state]}</span>;
}
