/** An explanation as plain text for a terminal or a mail: the same order as on the page, without the picture. */
import type { Language, Text } from '../domain/text.ts';
import type { Explanation } from '../server/explanation-contract.ts';
import { valueText } from './explanation-page.ts';
import { PAPER } from './explanation-words.ts';

const SAMPLE_LINES = 6;

const stamp = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const section = (title: string, lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', `## ${title}`, ...lines]);

export function explanationText(explanation: Explanation, language: Language, isSimulation: boolean): string {
  const paper = PAPER[language];
  const say = (text: Text): string => text[language];
  const { finding, quality, rule, sample, picture } = explanation;
  const points = (all: Explanation['saw']): string[] => all.flatMap((point) => [`- ${say(point.title)}`, `  ${say(point.text)}`]);
  const confidence = `${(explanation.confidence.value / 100).toFixed(2)}  ${say(explanation.confidence.words)}`;
  const observations = sample.rows.slice(0, SAMPLE_LINES).map((row) => {
    const port = row.port === null ? '' : `${row.port}/${row.protocol ?? ''}`;
    return `- ${[stamp(row.at), row.sensor, row.class ?? row.file ?? '', port, row.packets ?? '', row.mark ?? ''].filter((cell) => cell !== '').join('  ')}`;
  });
  return [
    ...(isSimulation ? [`[${paper.simulated}]`] : []),
    `# ${say(explanation.heading)}`,
    say(explanation.lead),
    say(finding.because),
    ...(picture ? ['', `${say(picture.title)}: ${say(picture.alt)}`] : []),
    ...section(paper.saw, points(explanation.saw)),
    ...section(paper.why, points(explanation.why)),
    ...section(paper.sure, [confidence]),
    ...section(paper.doubts, points(explanation.doubts)),
    ...section(
      paper.unseen,
      explanation.unseen.map((one) => `- ${say(one)}`),
    ),
    ...section(paper.advice, [say(explanation.advice.summary), ...explanation.advice.steps.map((step, i) => `${i + 1}. ${say(step)}`)]),
    ...section(paper.quality, [`- ${paper.sampling}: ${say(quality.sampling)}`, ...quality.notes.map((note) => `- ${say(note)}`)]),
    ...section(paper.rule, [
      `${say(rule.title)} (${rule.id}, ${paper.version} ${rule.version})  ${paper.count}: ${finding.count.toLocaleString('en-US')}  ${stamp(finding.firstSeenAt)} – ${stamp(finding.lastSeenAt)}`,
      ...rule.parameters.map(({ name, value }) => `- ${name} = ${valueText(value)}`),
    ]),
    ...section(paper.sample, observations.length === 0 ? [paper.sampleNone] : observations),
    '',
    finding.fingerprint,
  ].join('\n');
}
