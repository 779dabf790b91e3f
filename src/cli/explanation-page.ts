/**
 * An explanation as one file of HTML: nothing is fetched, nothing runs, it prints well.
 *
 * It is made to be handed to somebody who has no account here, so every word and every
 * figure that leads to it stands on the page.
 */
import { toSvg } from '../../console/parts/pictures/drawing.ts';
import { drawFinding, heightOfPicture, tableOfFinding } from '../../console/parts/pictures/finding-picture.ts';
import type { Language, Text } from '../domain/text.ts';
import { escapeHtml } from '../notifiers/safe-text.ts';
import type { Explanation } from '../server/explanation-contract.ts';
import { PAPER, type Paper, pictureWords } from './explanation-words.ts';

const WIDTH = 860;
const MOST_ROWS = 60;

const time = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** A value of the evidence in one line. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number') return value > 9e11 && value < 5e12 ? time(value) : String(Math.round(value * 1000) / 1000);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function explanationPage(explanation: Explanation, language: Language, isSimulation: boolean): string {
  const say = (text: Text): string => escapeHtml(text[language]);
  const paper = PAPER[language];
  const { finding, heading, lead } = explanation;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${say(heading)} ${escapeHtml(finding.asset.value)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${isSimulation ? `<p class="simulated">${paper.simulated}</p>` : ''}
<h1>${say(heading)}</h1>
<p class="lead">${say(lead)}</p>
<p class="because">${say(finding.because)}</p>
${pictureSection(explanation, language)}
${points(paper.saw, explanation.saw, say)}
${points(paper.why, explanation.why, say)}
<section><h2>${paper.sure}</h2><p><b class="figure">${(explanation.confidence.value / 100).toFixed(2)}</b> ${say(explanation.confidence.words)}</p></section>
${points(paper.doubts, explanation.doubts, say)}
<section><h2>${paper.unseen}</h2>${list(explanation.unseen.map(say))}</section>
<section><h2>${paper.advice}</h2><p>${say(explanation.advice.summary)} ${say(explanation.advice.risk)}</p><ol>${explanation.advice.steps.map((step) => `<li>${say(step)}</li>`).join('')}</ol></section>
${qualitySection(explanation, paper, say)}
${ruleSection(explanation, paper, say)}
${sampleSection(explanation, paper)}
<section><h2>${paper.wrong}</h2><p>${paper.wrongText}</p></section>
<footer><p>${escapeHtml(finding.fingerprint)}</p></footer>
</main>
</body>
</html>
`;
}

type Say = (text: Text) => string;

const list = (items: readonly string[]): string => `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>`;

function points(title: string, all: Explanation['saw'], say: Say): string {
  if (all.length === 0) return '';
  return `<section><h2>${title}</h2><dl>${all.map((point) => `<dt>${say(point.title)}</dt><dd>${say(point.text)}</dd>`).join('')}</dl></section>`;
}

function pictureSection({ picture }: Explanation, language: Language): string {
  if (!picture) return '';
  const words = pictureWords(language);
  const drawing = drawFinding(picture, { width: WIDTH, height: heightOfPicture(picture) }, words, picture.alt[language]);
  const { head, rows } = tableOfFinding(picture, words);
  return `<figure><figcaption><b>${escapeHtml(picture.title[language])}</b> ${escapeHtml(picture.alt[language])}</figcaption>
${toSvg(drawing)}
<details><summary>${PAPER[language].asTable}</summary>${table(head, rows.slice(-MOST_ROWS))}</details></figure>`;
}

const cells = ([name = '', ...rest]: readonly string[]): string =>
  `<tr><th scope="row">${escapeHtml(name)}</th>${rest.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const heads = head.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join('');
  return `<div class="scroll"><table><thead><tr>${heads}</tr></thead><tbody>${rows.map(cells).join('')}</tbody></table></div>`;
}

function qualitySection({ quality }: Explanation, paper: Paper, say: Say): string {
  const sensors = quality.sensors.map((sensor) => {
    const watched = sensor.watchedShare === null ? paper.unknown : `${Math.round(sensor.watchedShare * 1000) / 10}%`;
    const addresses = sensor.addresses === null ? paper.unknown : sensor.addresses.toLocaleString('en-US');
    return `${say(sensor.title)}: ${paper.addresses} ${addresses}, ${paper.watched} ${watched}`;
  });
  const rows = [...sensors, `${paper.sampling}: ${say(quality.sampling)}`, ...quality.notes.map(say)];
  return `<section><h2>${paper.quality}</h2>${list(rows)}</section>`;
}

function ruleSection({ rule, finding }: Explanation, paper: Paper, say: Say): string {
  const parameters = rule.parameters.map(
    ({ name, value, meaning }) =>
      `<dt><code>${escapeHtml(name)} = ${escapeHtml(valueText(value))}</code></dt><dd>${meaning ? say(meaning) : ''}</dd>`,
  );
  const facts = Object.entries(finding.evidence.facts).map(
    ([name, value]) => `<dt><code>${escapeHtml(name)}</code></dt><dd>${escapeHtml(valueText(value))}</dd>`,
  );
  return `<section><h2>${paper.rule}</h2><p>${say(rule.title)} <code>${escapeHtml(rule.id)}</code> ${paper.version} ${rule.version}.
${paper.count}: ${finding.count.toLocaleString('en-US')}. ${paper.seen}: ${time(finding.firstSeenAt)} – ${time(finding.lastSeenAt)}.</p>
<details><summary>${paper.parameters}</summary><dl class="small">${parameters.join('')}</dl></details>
<details><summary>${paper.figures}</summary><dl class="small">${facts.join('')}</dl></details></section>`;
}

function sampleSection({ sample, question }: Explanation, paper: Paper): string {
  const rows = sample.rows.map((row) => [
    time(row.at),
    row.sensor,
    row.class ?? row.file ?? '',
    row.port === null ? '' : `${row.port}/${row.protocol ?? ''}`,
    row.packets === null ? '' : String(row.packets),
    row.mark ?? '',
  ]);
  const body =
    rows.length === 0 ? `<p>${paper.sampleNone}</p>` : `<p>${paper.sampleNote}</p>${table(['UTC', paper.sensors, '', '', '', ''], rows)}`;
  const all = question
    ? `<p>${paper.all}: <code>yagura telescope '${escapeHtml(question.filter)}' --from ${new Date(question.from).toISOString()} --to ${new Date(question.to).toISOString()}</code></p>`
    : '';
  return `<section><h2>${paper.sample}</h2>${body}${all}</section>`;
}

const STYLE = `
:root { color-scheme: light dark; --ink:#161c21; --ink-2:#434f58; --line:#d6dce0; --paper:#fff; --mark:#17468f; --soft:#9db8dc; --other:#75828b; --gap:#b6c2ca; --accent:#a88100; --span:#e9edf0; }
@media (prefers-color-scheme: dark) { :root { --ink:#e8edf0; --ink-2:#b6c2ca; --line:#2b363f; --paper:#0d1216; --mark:#8db9f5; --soft:#3b5a86; --other:#94a2ac; --gap:#5b6a75; --accent:#e5b44c; --span:#1c252c; } }
body { margin:0; background:var(--paper); color:var(--ink); font:15px/1.75 "Noto Sans JP","Hiragino Sans","Yu Gothic UI",sans-serif; line-break:strict; }
main { max-width:880px; margin:0 auto; padding:28px 20px 60px; }
h1 { font-size:28px; line-height:1.4; margin:0 0 8px; word-break:auto-phrase; }
h2 { font-size:18px; margin:28px 0 8px; border-bottom:1px solid var(--line); }
.lead,.because { font-size:16px; max-width:46em; } figure { margin:20px 0; } figcaption { color:var(--ink-2); }
dl { margin:0; } dt { font-weight:600; margin-top:8px; } dd { margin:0; color:var(--ink-2); max-width:46em; } .small { font-size:13px; }
.figure { font-size:28px; } .simulated { display:inline-block; border:1px dashed var(--other); padding:0 8px; }
table { border-collapse:collapse; font-size:13px; font-variant-numeric:tabular-nums; } th,td { text-align:left; padding:2px 12px 2px 0; border-bottom:1px solid var(--line); font-weight:400; white-space:nowrap; }
.scroll { overflow-x:auto; } svg.picture { max-width:100%; height:auto; display:block; } svg text { font-size:12px; fill:var(--ink-2); } svg .p-strong { fill:var(--ink); }
.p-axis { stroke:var(--line); } rect.p-mark { fill:var(--mark); } path.p-mark { fill:none; stroke:var(--mark); stroke-width:1.5; } .p-mark-soft { fill:var(--soft); } .p-other { fill:var(--other); }
.p-gap { fill:url(#hatch); } .hatch { fill:var(--gap); } .p-span { fill:var(--span); } circle.ring { fill:none; stroke:var(--accent); stroke-width:1.5; }
code { font-size:13px; overflow-wrap:anywhere; } footer { color:var(--ink-2); font-size:12px; margin-top:32px; overflow-wrap:anywhere; } a { color:var(--mark); }
`;
