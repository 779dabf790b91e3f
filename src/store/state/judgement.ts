/**
 * A judgement in two parts: what many findings have in common, and what is this one's own.
 *
 * Words, rule and origin of a report are the same for every host in it, and so is the
 * attribution of all hosts of one network. Such texts are stored once, in `shared_text`,
 * and findings point at them; written out, they were nine tenths of a finding.
 */
import type { Attribution } from '../../domain/constituent.ts';
import type { DetectedFinding } from '../../domain/finding.ts';
import { completeSentence, hasBlanks } from '../../domain/finding-sentence.ts';
import type { Text } from '../../domain/text.ts';

type Judgement = Pick<DetectedFinding, 'classification' | 'because' | 'evidence' | 'origin'>;
type Evidence = DetectedFinding['evidence'];

interface SharedPart extends Pick<Judgement, 'classification' | 'origin'>, Pick<Evidence, 'rule' | 'sensors'> {
  /** A sentence with gaps; a complete one is the finding's own. */
  readonly because?: Text;
}
interface OwnPart extends Pick<Evidence, 'facts'> {
  readonly because?: Text;
}

/** Rows of a report come with the very same objects, so each sentence with gaps is written out once. */
const written = new WeakMap<Text, { readonly parts: SharedPart; readonly text: string }>();

/** What the finding has in common with others. */
export function sharedJudgement({ because, classification, evidence: { rule, sensors }, origin }: DetectedFinding): string {
  const before = written.get(because);
  const parts: SharedPart = { classification, rule, sensors, origin };
  if (before && isSame(before.parts, parts)) return before.text;
  if (!hasBlanks(because)) return JSON.stringify(parts);
  const text = JSON.stringify({ ...parts, because });
  written.set(because, { parts, text });
  return text;
}

const isSame = (a: SharedPart, b: SharedPart): boolean =>
  a.classification === b.classification && a.rule === b.rule && a.sensors === b.sensors && a.origin === b.origin;

export function ownJudgement({ because, evidence: { facts } }: DetectedFinding): string {
  return JSON.stringify(written.has(because) || hasBlanks(because) ? { facts } : { facts, because });
}

/** The judgement as it was given, its sentence completed. */
export function toJudgement(shared: string, own: string, asset: string, at: number): Judgement {
  const { classification, because: words, rule, sensors, origin } = JSON.parse(shared) as SharedPart;
  const { facts, because } = JSON.parse(own) as OwnPart;
  const sentence = because ?? completeSentence(words ?? NO_WORDS, asset, at);
  return { classification, because: sentence, evidence: { rule, facts, sensors }, origin };
}

const NO_WORDS: Text = { ja: '', en: '' };

/** Without the moment when it is that of the judgement, which the finding knows. */
export function sharedAttribution({ asOf, ...rest }: Attribution, judgedAt: number): string {
  return JSON.stringify(asOf === judgedAt ? rest : { ...rest, asOf });
}

export const toAttribution = (shared: string, judgedAt: number): Attribution => ({
  asOf: judgedAt,
  ...(JSON.parse(shared) as Omit<Attribution, 'asOf'>),
});
