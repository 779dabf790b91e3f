/** The ring of an organisation: its addresses as a circle, those with alerts marked 警. The table beside says the same. */
import type { Alert } from '../../../src/server/alert-contract.ts';
import { useWords } from '../../preferences.tsx';
import { type Arc, layArcs, laySpots, type Spot } from './ring-layout.ts';

const SIZE = 480;
const CENTRE = SIZE / 2;
const RADIUS = 132;
const WIDTH = 14;
const MARK = 13;
const STEP = 34;
const LEVELS = 2;
const MOST_LABELS = 10;
/** Marks closer than this share of a turn would cover each other. */
const NEAREST = (2.3 * MARK) / (2 * Math.PI * (RADIUS + WIDTH + MARK));

export function Ring({ ranges, alerts }: { readonly ranges: readonly string[]; readonly alerts: readonly Alert[] }) {
  const words = useWords();
  const arcs = layArcs(ranges);
  // One mark per address; what nobody has acknowledged is drawn before the rest.
  const hosts = [...Map.groupBy(alerts, ({ host }) => host).values()].flatMap((own) => own.toSorted((a, b) => rank(b) - rank(a))[0] ?? []);
  const spots = laySpots(
    arcs,
    hosts.toSorted((a, b) => rank(b) - rank(a)),
    NEAREST,
    LEVELS,
  );
  const hidden = hosts.length - spots.length;
  return (
    <figure className="ring-figure">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={words.alerts.ringAlt(ranges.length, hosts.length)}>
        <circle cx={CENTRE} cy={CENTRE} r={RADIUS} fill="none" stroke="var(--line)" strokeWidth="1" />
        {arcs.map((arc) => (
          <path key={arc.range} d={arcPath(arc)} fill="none" stroke="var(--control)" strokeWidth={WIDTH} />
        ))}
        {arcs.length <= MOST_LABELS ? arcs.map((arc) => <RangeLabel key={arc.range} arc={arc} isOnly={arcs.length === 1} />) : null}
        {spots.map((spot) => (
          <Leader key={spot.item.id} spot={spot} />
        ))}
        {spots.map((spot) => (
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
    <text x={x} y={y + 4} textAnchor={isOnly ? 'middle' : side} className={isOnly ? 'ring-range only' : 'ring-range'}>
      {arc.range}
    </text>
  );
}

const inkOf = (alert: Alert): string => (isWaiting(alert) ? 'var(--bell)' : 'var(--ink-2)');
const placeOf = ({ shownAt, level }: Spot<Alert>): readonly [x: number, y: number] =>
  at(shownAt, RADIUS + WIDTH + MARK + 10 + level * STEP);

/** From the address on the ring, along its outside, to its mark: never across the ring. */
function Leader({ spot }: { readonly spot: Spot<Alert> }) {
  const outside = RADIUS + WIDTH / 2 + 5;
  const [x0, y0] = at(spot.turn, RADIUS - WIDTH / 2);
  const [x1, y1] = at(spot.turn, outside);
  const [x2, y2] = at(spot.shownAt, outside);
  const [x3, y3] = placeOf(spot);
  const turned = spot.shownAt - spot.turn;
  const along = `A${outside} ${outside} 0 ${Math.abs(turned) > 0.5 ? 1 : 0} ${turned > 0 ? 1 : 0} ${x2} ${y2}`;
  return <path d={`M${x0} ${y0}L${x1} ${y1}${along}L${x3} ${y3}`} fill="none" stroke={inkOf(spot.item)} strokeWidth="1.2" />;
}

function Mark({ spot }: { readonly spot: Spot<Alert> }) {
  const [x, y] = placeOf(spot);
  return (
    <g>
      <title>{spot.item.host}</title>
      <Sign x={x} y={y} ink={inkOf(spot.item)} isHollow={spot.item.class === 'UNDER_ATTACK'} />
    </g>
  );
}

function Sign({ x, y, ink, isHollow }: { readonly x: number; readonly y: number; readonly ink: string; readonly isHollow: boolean }) {
  const paper = ink === 'var(--bell)' ? 'var(--bell-ink)' : 'var(--surface)';
  return (
    <>
      <circle cx={x} cy={y} r={MARK} fill={isHollow ? 'var(--surface)' : ink} stroke={ink} strokeWidth="1.5" />
      <text x={x} y={y + 5.5} className="ring-sign" style={{ fill: isHollow ? ink : paper }} lang="ja">
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
