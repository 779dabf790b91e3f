/**
 * What changed in a report since its facts were written down, told once per file.
 *
 * Providers add and drop columns without notice. Nothing is lost by it here, but an
 * operator should know before a field they rely on stays empty.
 */
import type { CollectContext } from '../../engine/modules.ts';
import type { ReportFacts } from './facts.ts';
import type { Recognition } from './report-type.ts';

export interface Drift {
  readonly unknown: readonly string[];
  readonly missing: readonly string[];
  readonly requiredMissing: readonly string[];
}

export function driftOf(facts: ReportFacts, columns: readonly string[]): Drift {
  return {
    unknown: columns.filter((name) => !facts.columns.has(name)),
    missing: [...facts.columns.keys()].filter((name) => !columns.includes(name)),
    requiredMissing: facts.required.filter((name) => !columns.includes(name)),
  };
}

type Alarm = CollectContext['alarm'];

export function alarmAboutDrift(alarm: Alarm, facts: ReportFacts, recognition: Recognition, columns: readonly string[]): void {
  const report = facts.id;
  if (!facts.isKnown) alarmAboutType(alarm, report, recognition);
  const { unknown, missing, requiredMissing } = driftOf(facts, columns);
  if (unknown.length > 0) {
    alarm(
      'feed-columns-added',
      { report, columns: unknown },
      {
        ja: `報告「${report}」に知らない列があります（${unknown.join('、')}）。値はそのまま保存しました。`,
        en: `The report ${report} has columns we do not know (${unknown.join(', ')}). Their values were kept as they are.`,
      },
    );
  }
  if (missing.length > 0) {
    alarm(
      'feed-columns-missing',
      { report, columns: missing },
      {
        ja: `報告「${report}」に、あるはずの列がありません（${missing.join('、')}）。`,
        en: `The report ${report} lacks columns it used to have (${missing.join(', ')}).`,
      },
    );
  }
  if (requiredMissing.length > 0) {
    alarm(
      'feed-required-missing',
      { report, columns: requiredMissing },
      {
        ja: `報告「${report}」に必須の列がありません（${requiredMissing.join('、')}）。行は保存し、対象が分かるものだけ検知として扱いました。`,
        en: `The report ${report} lacks required columns (${requiredMissing.join(', ')}). Rows were stored; only those whose asset could be found became findings.`,
      },
    );
  }
}

function alarmAboutType(alarm: Alarm, report: string, { candidates }: Recognition): void {
  if (candidates.length > 1) {
    alarm(
      'feed-report-unknown',
      { report, candidates },
      {
        ja: `名前から報告の種類が分からず、列は複数の種類（${candidates.join('、')}）に当てはまります。設定の reportType で種類を指定してください。`,
        en: `The name does not tell the report type and the columns fit several (${candidates.join(', ')}). Name the type in the setting reportType.`,
      },
    );
    return;
  }
  alarm(
    'feed-report-unknown',
    { report },
    {
      ja: `報告の種類「${report}」を知りません。列の名前から読み取りました。新しい種類なら、設定の schemaFile で公開スキーマを指定してください。`,
      en: `The report type ${report} is not known. It was read by the names of its columns. If it is a new type, name the published schema in the setting schemaFile.`,
    },
  );
}

export function alarmAboutAddresses(alarm: Alarm, report: string, rows: number): void {
  alarm(
    'feed-addresses-damaged',
    { report, rows },
    {
      ja: `報告「${report}」の${rows}行に、アドレスとして読めない値がありました。行は保存しましたが、検知としては扱っていません。`,
      en: `${rows} rows of the report ${report} carry an address that is none. They were stored, but no finding was made of them.`,
    },
  );
}

export function alarmAboutShortRows(alarm: Alarm, report: string, rows: number): void {
  alarm(
    'feed-rows-short',
    { report, rows },
    {
      ja: `報告「${report}」の${rows}行は、見出しより列が少なくなっています。足りない列は空として扱いました。`,
      en: `${rows} rows of the report ${report} have fewer values than the header has columns. What is missing was taken as empty.`,
    },
  );
}
