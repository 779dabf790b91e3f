/**
 * The table of precision and recall: one line per detector, scale and sampling, summed over
 * the seeds, with Wilson's 95 % intervals.
 *
 * Recall is given twice: over what left enough evidence in what was recorded, which is the
 * detector's own affair, and over everything planted that leaves enough without sampling,
 * which is what an operator loses by sampling.
 */
import { type Ratio, ratio } from './score.ts';

/** What came of one detector in one run. */
export interface Tried {
  readonly detector: string;
  readonly scale: string;
  readonly sampling: number;
  readonly hits: number;
  readonly falseAlarms: number;
  /** Found, of those with enough evidence left. */
  readonly foundOfDetectable: number;
  readonly detectable: number;
  /** Found, of those with enough evidence without sampling. */
  readonly foundOfPlanted: number;
  readonly planted: number;
  /** Harmless on purpose, and named all the same. */
  readonly lookAlikesNamed: number;
}

export interface TableRow {
  readonly detector: string;
  readonly scale: string;
  readonly sampling: number;
  readonly runs: number;
  readonly precision: Ratio;
  readonly recall: Ratio;
  readonly recallOfAll: Ratio;
  readonly lookAlikesNamed: number;
}

export function toRows(tried: readonly Tried[]): TableRow[] {
  const scales = [...new Set(tried.map(({ scale }) => scale))];
  const inOrder = tried.toSorted(
    (a, b) => a.detector.localeCompare(b.detector, 'en') || scales.indexOf(a.scale) - scales.indexOf(b.scale) || a.sampling - b.sampling,
  );
  const groups = Map.groupBy(inOrder, ({ detector, scale, sampling }) => `${detector}\u001f${scale}\u001f${sampling}`);
  return [...groups.values()].flatMap((runs) => {
    const [first] = runs;
    if (!first) return [];
    const sum = (of: (one: Tried) => number): number => runs.reduce((total, one) => total + of(one), 0);
    const hits = sum((one) => one.hits);
    return [
      {
        detector: first.detector,
        scale: first.scale,
        sampling: first.sampling,
        runs: runs.length,
        precision: ratio(hits, hits + sum((one) => one.falseAlarms)),
        recall: ratio(
          sum((one) => one.foundOfDetectable),
          sum((one) => one.detectable),
        ),
        recallOfAll: ratio(
          sum((one) => one.foundOfPlanted),
          sum((one) => one.planted),
        ),
        lookAlikesNamed: sum((one) => one.lookAlikesNamed),
      },
    ];
  });
}

/** Markdown, because the table is kept in the documentation; it reads well on a terminal, too. */
export function formatTable(rows: readonly TableRow[]): string {
  const heads = ['detector', 'scale', 'sampling', 'runs', 'precision', 'recall', 'recall of all planted', 'look-alikes named'];
  const cells = rows.map((row) => [
    row.detector,
    row.scale,
    `1:${row.sampling}`,
    String(row.runs),
    formatRatio(row.precision),
    formatRatio(row.recall),
    formatRatio(row.recallOfAll),
    String(row.lookAlikesNamed),
  ]);
  const widths = heads.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const draw = (row: readonly string[]): string => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [draw(heads), draw(widths.map((width) => '-'.repeat(width))), ...cells.map(draw)].join('\n');
}

/** Rounded towards the worse: 1.000 means all of them. */
function formatRatio({ hits, of, value, low, high }: Ratio): string {
  if (value === null || low === null || high === null) return '–';
  const shown = Math.floor(value * 1000) / 1000;
  return `${shown.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}] (${hits}/${of})`;
}
