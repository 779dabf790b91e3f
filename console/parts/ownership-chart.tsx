/**
 * Whose it was, when: the registered period of the resource that decided, and below it
 * when things were seen and when we wrote. Without a registration the band is dashed.
 */
import { useQuery } from '@tanstack/react-query';
import { scaleTime } from 'd3-scale';
import { useRef } from 'react';
import type { CaseDetail, Constituent } from '../../src/server/contract.ts';
import { useFormat } from '../format.ts';
import { usePreferences, useWords } from '../preferences.tsx';
import { constituentQuery } from '../queries.ts';
import { useRoom } from './use-room.ts';

const HEIGHT = 106;
const DAY_MS = 86_400_000;
const LEFT = 44;

export function OwnershipChart({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const box = useRef<HTMLDivElement>(null);
  const { width } = useRoom(box);
  const { constituentId } = detail.attribution;
  const constituent = useQuery({ ...constituentQuery(constituentId ?? ''), enabled: constituentId !== null });
  const period = registeredPeriod(constituent.data, detail.attribution.resource);
  const domain = chartDomain(detail);
  const x = scaleTime(domain, [LEFT, width - 12]);
  const clamp = (at: number): number => Math.min(width - 12, Math.max(LEFT, x(at)));
  const name = detail.attribution.constituentName?.[language];
  const fromText = period?.validFrom == null ? words.case.sinceEver : format.date(period.validFrom);
  const toText = period?.validTo == null ? words.case.untilNow : format.date(period.validTo);
  const bar = { from: clamp(period?.validFrom ?? domain[0]), to: clamp(period?.validTo ?? domain[1]) };
  const label = name ? words.case.registered(name, fromText, toText) : words.case.unregistered;
  return (
    <div ref={box}>
      <svg
        className="chart"
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={name ? words.case.whoseAlt(name, fromText, toText) : words.case.whoseNobodyAlt}
      >
        {x.ticks(Math.max(2, Math.floor(width / 120))).map((tick) => (
          <g key={tick.getTime()}>
            <line x1={x(tick)} x2={x(tick)} y1={34} y2={82} stroke="var(--line)" />
            <text x={x(tick)} y={100} textAnchor="middle" className="t-q">
              {domain[1] - domain[0] < 3 * DAY_MS ? format.dateTime(tick.getTime()) : format.date(tick.getTime())}
            </text>
          </g>
        ))}
        <rect
          x={bar.from}
          y={6}
          width={Math.max(2, bar.to - bar.from)}
          height={26}
          rx={3}
          fill={name ? 'var(--action-wash)' : 'none'}
          stroke={name ? 'var(--action)' : 'var(--control)'}
          strokeDasharray={name ? undefined : '3 3'}
        />
        <text x={bar.from + 8} y={23} className="t-ink">
          {fit(label, bar.to - bar.from - 16)}
        </text>
        <text x={0} y={55} className="t-q">
          {words.case.seen}
        </text>
        {detail.findings.map((finding) => (
          <Seen key={finding.fingerprint} from={clamp(finding.firstSeenAt)} to={clamp(finding.lastSeenAt)} />
        ))}
        {detail.notices.map((notice) => (
          <g key={notice.id}>
            <rect x={clamp(notice.at)} y={67} width={3} height={11} fill="var(--ink)" />
          </g>
        ))}
        {detail.notices.length > 0 ? (
          <text x={0} y={77} className="t-q">
            {words.case.notice}
          </text>
        ) : null}
      </svg>
    </div>
  );
}

const Seen = ({ from, to }: { readonly from: number; readonly to: number }) => (
  <g fill="var(--c-tcp-scan)">
    <rect x={from} y={46} width={3} height={11} />
    <rect x={from} y={51} width={Math.max(1, to - from)} height={1} />
    <rect x={Math.max(from, to - 1.5)} y={46} width={3} height={11} />
  </g>
);

/** From a little before the first sighting to a little after the last thing that happened. */
function chartDomain(detail: CaseDetail): [number, number] {
  const moments = [
    detail.case.firstSeenAt,
    detail.case.lastSeenAt,
    ...detail.notices.map((notice) => notice.at),
    ...detail.findings.flatMap((finding) => [finding.firstSeenAt, finding.lastSeenAt]),
  ];
  const [first, last] = [Math.min(...moments), Math.max(...moments)];
  const margin = Math.max(DAY_MS / 4, (last - first) * 0.08);
  return [first - margin, last + margin];
}

const registeredPeriod = (constituent: Constituent | undefined, resource: string | null): Constituent['resources'][number] | undefined =>
  constituent?.resources.find((candidate) => candidate.value === resource);

/** SVG text does not wrap: cut it to what fits, at about 13 px a Japanese and 7 px a Latin character. */
function fit(text: string, room: number): string {
  let used = 0;
  for (let index = 0; index < text.length; index++) {
    used += text.charCodeAt(index) > 0x2e7f ? 12.5 : 6.8;
    if (used > room) return `${text.slice(0, Math.max(0, index - 1))}…`;
  }
  return text;
}
