/** How far a file is: a bar while it is read, a word afterwards. */
import type { Intake } from '../../src/server/contract.ts';
import { useFormat } from '../format.ts';
import { useWords, wordFor } from '../preferences.tsx';

export function IntakeTag({ intake }: { readonly intake: Intake }) {
  const words = useWords();
  const format = useFormat();
  if (intake.state === 'running') {
    const percent = intake.bytes > 0 ? Math.floor((100 * intake.doneBytes) / intake.bytes) : 0;
    return (
      <span
        className="progress"
        role="progressbar"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-label={words.intakes.progressOf(intake.file)}
      >
        <span className="bar">
          <i style={{ width: `${percent}%` }} />
        </span>
        <span className="small quiet">{format.count(percent)}%</span>
      </span>
    );
  }
  const tone = intake.state === 'failed' ? 'error' : 'ok';
  return <span className={`tag ${tone}`}>{wordFor(words.intakeState, intake.state)}</span>;
}
