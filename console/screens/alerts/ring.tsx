/** The ring of an organisation: its addresses as a circle, those with alerts marked 警. The table beside says the same. */
import type { Alert } from '../../../src/server/alert-contract.ts';
import { useWords } from '../../preferences.tsx';
import { type Arc, layArcs, laySpots, type Spot } from './ring-layout.ts';

const SIZE = 480;
const CENTRE = SIZE / 2;
const RADIUS = 132;
const WIDTH = 14;
const MARK = 13;
const STEP = 30;
const MOST_LEVELS = 3;
const MOST_LABELS = 10;
/** Marks closer than this share of a turn would cover each other. */
const NEAREST = (2.2 * MARK) / (2 * Math.PI * (RADIUS + WIDTH + MARK));

export function Ring({ ranges, alerts }: { readonly ranges: readonly string[]; readonly alerts: readonly Alert[] }) {
  const words = useWords();
  const arcs = layArcs(ranges);
  // One mark per address; what nobody has acknowledged is drawn before the rest.
  const hosts = [...Map.groupBy(alerts, ({ host }) => host).values()].flatMap((own) => own.toSorted((a, b) => rank(b) - rank(a))[0] ?? []);
  const spots = laySpots(
    arcs,
    hosts.toSorted((a, b) => rank(b) - rank(a)),
    NEAREST,
  );
  const shown = spots.filter(({ level }) => level < MOST_LEVELS);
  const hidden = hosts.length - shown.length;
  return (
    <figure className="ring-figure">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={words.alerts.ringAlt(ranges.length, hosts.length)}>
        <circle cx={CENTRE} cy={CENTRE} r={RADIUS} fill="none" stroke="var(--line)" strokeWidth="1" />
        {arcs.map((arc) => (
          <path key={arc.range} d={arcPath(arc)} fill="none" stroke="var(--control)" strokeWidth={WIDTH} />
        ))}
        {arcs.length <= MOST_LABELS ? arcs.map((arc) => <RangeLabel key={arc.range} arc={arc} isOnly={arcs.length === 1} />) : null}
        {shown.map((spot) => (
          <Mark key={spot.item.id} spot={spot} />
        ))}
      </svg>
      {hidden > 0 ? <figcaption className="quiet">{words.alerts.ringMore(hidden)}</figcaption> : null}
      <Legend />
    </figure>
  );
}

const isWaiting = (alert: Alert): boolean => alert.acknowledgedAt === null;
const rank = (alert: Alert): number => (isWaiting(alert) ? 2 : 0) + (alert.class === 'UNDER_ATTACK' ? 0 : 1);

function at(turn: number, radius: number): readonly [x: number, y: number] {
  const angle = (turn - 0.25) * 2 * Math.PI;
  return [CENTRE + radius * Math.cos(angle), CENTRE + radius * Math.sin(angle)];
}

function arcPath({ from, to }: Arc): string {
  // A whole turn has no direction for SVG: it stops just before.
  const end = Math.min(to, from + 0.9999);
  const [x0, y0] = at(from, RADIUS);
  const [x1, y1] = at(end, RADIUS);
  return `M${x0} ${y0}A${RADIUS} ${RADIUS} 0 ${end - from > 0.5 ? 1 : 0} 1 ${x1} ${y1}`;
}

/** Inside the ring, where no mark stands; the only range is named in the middle. */
function RangeLabel({ arc, isOnly }: { readonly arc: Arc; readonly isOnly: boolean }) {
  const [x, y] = isOnly ? [CENTRE, CENTRE] : at((arc.from + arc.to) / 2, RADIUS - WIDTH - 10);
  const side = x < CENTRE - 30 ? 'start' : x > CENTRE + 30 ? 'end' : 'middle';
  return (
    <text x={x} y={y + 4} textAnchor={isOnly ? 'middle' : side} fontSize={isOnly ? 16 : 11} fill="var(--ink-2)" className="mono">
      {arc.range}
    </text>
  );
}

function Mark({ spot }: { readonly spot: Spot<Alert> }) {
  const { item, turn, level } = spot;
  const [x0, y0] = at(turn, RADIUS - WIDTH / 2);
  const [x, y] = at(turn, RADIUS + WIDTH + MARK + level * STEP);
  const ink = isWaiting(item) ? 'var(--bell)' : 'var(--ink-2)';
  const isHollow = item.class === 'UNDER_ATTACK';
  return (
    <g>
      <title>{item.host}</title>
      <line x1={x0} y1={y0} x2={x} y2={y} stroke={ink} strokeWidth="1.5" />
      <Sign x={x} y={y} ink={ink} isHollow={isHollow} />
    </g>
  );
}

function Sign({ x, y, ink, isHollow }: { readonly x: number; readonly y: number; readonly ink: string; readonly isHollow: boolean }) {
  const paper = ink === 'var(--bell)' ? 'var(--bell-ink)' : 'var(--surface)';
  return (
    <>
      <circle cx={x} cy={y} r={MARK} fill={isHollow ? 'var(--surface)' : ink} stroke={ink} strokeWidth="1.5" />
      <text x={x} y={y + 5.5} textAnchor="middle" fontSize="15" fontWeight="600" fill={isHollow ? ink : paper} lang="ja">
        警
      </text>
    </>
  );
}

function Legend() {
  const words = useWords();
  const entries = [
    ['var(--bell)', false, words.alerts.legendNew],
    ['var(--ink-2)', false, words.alerts.legendKnown],
    ['var(--bell)', true, words.alerts.legendAttack],
  ] as const;
  return (
    <ul className="ring-legend">
      {entries.map(([ink, isHollow, text]) => (
        <li key={text}>
          <svg width="28" height="28" viewBox="0 0 28 28" aria-hidden="true">
            <Sign x={14} y={14} ink={ink} isHollow={isHollow} />
          </svg>
          {text}
        </li>
      ))}
    </ul>
  );
}
