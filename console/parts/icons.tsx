/** The drawn signs: the mark, rail icons, the bell, severity strikes, case rails and traffic shapes. */
import type { Severity } from '../../src/server/contract.ts';
import { useWords, wordFor } from '../preferences.tsx';

const BELL = 'M12.9 15.6c.9-.9 1-2 1.2-3.1.2-1.2.9-2 1.9-2s1.7.8 1.9 2c.2 1.1.3 2.2 1.2 3.1z';

/** The fire watchtower; its bell is vermilion only when something waits. */
export function Mark({ isRinging }: { readonly isRinging: boolean }) {
  const bell = isRinging ? 'var(--bell)' : 'currentColor';
  return (
    <svg
      width="32"
      height="32"
      viewBox="0 0 32 32"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinejoin="round"
      strokeLinecap="round"
    >
      <path d="M4.5 10.5 16 3l11.5 7.5" />
      <path d="M8.5 18h15M10.5 18 7 29.5M21.5 18 25 29.5M9.2 23.6h13.6" />
      <path d="M10.5 10v8M21.5 10v8" strokeWidth="1.6" />
      <path d={BELL} fill={bell} stroke={bell} strokeWidth="1" />
    </svg>
  );
}

const RAIL_ICONS = {
  now: 'M3 17h14M5.5 17 7 9m7.5 8L13 9M5 9h10M10 3 4 7.5h12zM6.3 13h7.4',
  explore: 'M3 4h14l-5.200 6.300v5.700l-3.600-2v-3.700z',
  intakes: 'M3 11v5.5h14V11M10 3v9M6.5 8.700 10 12l3.500-3.300',
  findings:
    'M10 4.500c-4 0-6.800 3.800-7.500 5.500.7 1.700 3.500 5.500 7.500 5.500s6.800-3.800 7.500-5.500c-.7-1.700-3.500-5.500-7.500-5.500zM10 7.800a2.200 2.200 0 1 0 0 4.400 2.200 2.200 0 0 0 0-4.400z',
  cases: 'M3 6.500h14v10H3zM7 6.500V4h6v2.500M3 11h14',
  notices: 'M3 5h14v10.500H3zM3.500 5.500 10 11l6.500-5.500',
  constituents: 'M4 17V7l6-3.500L16 7v10M2.500 17h15M8 17v-4h4v4M8 9.500h4',
  surges: 'M2 16.500h3.500l2-3 2 2 2.500-11 2 8 1.500-2.500H18',
  sensors:
    'M10 11.500v6M6.500 17.500h7M10 8.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3M6.300 13.300a5 5 0 0 1 0-6.600M13.700 6.700a5 5 0 0 1 0 6.600M3.900 15.500a8 8 0 0 1 0-11M16.100 4.500a8 8 0 0 1 0 11',
  alerts: 'M11 4.600A6.500 6.500 0 1 0 15.400 9M15.500 2.300a2.200 2.200 0 1 0 0 4.400 2.200 2.200 0 0 0 0-4.400',
  statistics: 'M3 3v14h14M6.500 14v-4M10 14V6M13.500 14V9',
  c2: 'M10 7.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5M10 7.5V3M10 17v-4.5M12.200 11.300l3.900 2.200M7.800 11.300l-3.900 2.200M12.200 8.700l3.900-2.200M7.800 8.700 3.900 6.500',
  purposes: 'M4 9h12v8H4zM6.500 9V6.500a3.500 3.500 0 0 1 7 0V9M10 12v2.500',
  modules: 'M3.500 3.500h5.500v5.500H3.500zM11 3.500h5.500v5.500H11zM3.500 11h5.500v5.500H3.500zM11 13.750h5.500M13.750 11v5.500',
} as const;
export type RailIconName = keyof typeof RAIL_ICONS;

export function RailIcon({ name }: { readonly name: RailIconName }) {
  return (
    <svg
      width="20"
      height="20"
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinejoin="round"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d={RAIL_ICONS[name]} />
    </svg>
  );
}

export function SearchIcon() {
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <circle cx="6" cy="6" r="4.5" />
      <path d="m9.5 9.5 3.500 3.500" />
    </svg>
  );
}

export function Bell({ size = 13 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 14 14" aria-hidden="true" fill="var(--bell)">
      <path d="M2.2 11c1.3-1.3 1.5-3 1.8-5 .3-2 1.4-3.4 3-3.4S9.700 4 10 6c.3 2 .5 3.700 1.800 5z" />
      <path d="M5.600 12.200a1.500 1.200 0 0 0 2.800 0z" />
    </svg>
  );
}

const STRIKES: Readonly<Record<Severity, number>> = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };
const STRIKE_X = [0.5, 6, 11.5, 17];

/** Strokes on the bell: one to four bars beside the word, and only four are vermilion. */
export function Strikes({ severity, isBare = false }: { readonly severity: Severity; readonly isBare?: boolean }) {
  const words = useWords();
  const count = STRIKES[severity];
  const ink = severity === 'critical' ? 'var(--bell)' : 'var(--ink)';
  const name = `${words.severity.label} ${words.severity[severity]}`;
  return (
    <span className="strikes">
      <svg width="22" height="14" viewBox="0 0 22 14" {...(isBare ? { role: 'img', 'aria-label': name } : { 'aria-hidden': true })}>
        {STRIKE_X.map((x, index) =>
          index < count ? (
            <rect key={x} x={x} y="1" width="3.5" height="12" rx="1" fill={ink} />
          ) : (
            <rect key={x} x={x} y="10" width="3.5" height="3" rx="1" fill="var(--gap)" />
          ),
        )}
      </svg>
      {isBare ? null : <span className={severity === 'critical' ? 'bellc' : undefined}>{words.severity[severity]}</span>}
    </span>
  );
}

interface Rail {
  readonly filled: number;
  readonly fades?: boolean;
  readonly dashed?: boolean;
  readonly ok?: boolean;
}
const RAILS: Readonly<Record<string, Rail>> = {
  open: { filled: 1 },
  orphan: { filled: 1, dashed: true },
  notified: { filled: 2 },
  answered: { filled: 3 },
  verified_fixed: { filled: 4, ok: true },
  reopened: { filled: 2 },
  unseen: { filled: 2, fades: true },
  suppressed: { filled: 1 },
};

/** The four-step rail of a case state plus its word: unseen fades, an orphan has dashed steps, reopened adds ↻. */
export function CaseState({ state }: { readonly state: string }) {
  const words = useWords();
  const rail = RAILS[state] ?? { filled: 1 };
  return (
    <span className="rl">
      <svg width="44" height="14" aria-hidden="true">
        {[0, 1, 2, 3].map((step) =>
          step < rail.filled ? (
            <rect
              key={step}
              x={step * 11}
              y="4"
              width="9"
              height="6"
              rx="1"
              fill={rail.ok ? 'var(--ok)' : 'var(--ink)'}
              opacity={rail.fades && step === rail.filled - 1 ? 0.35 : 1}
            />
          ) : (
            <rect
              key={step}
              x={step * 11 + 0.5}
              y="4.5"
              width="8"
              height="5"
              rx="1"
              fill="none"
              stroke="var(--control)"
              strokeDasharray={rail.dashed ? '1.5 1.5' : undefined}
            />
          ),
        )}
      </svg>
      {state === 'reopened' ? <span aria-hidden="true">↻</span> : null}
      {state === 'suppressed' ? <span aria-hidden="true">‖</span> : null}
      <span>{wordFor(words.caseState, state)}</span>
    </span>
  );
}

/** Classes in the order of the guide, so that colour, shape and place agree on every screen. */
export const CLASS_ORDER = ['tcp-scan', 'udp-probe', 'ping', 'backscatter', 'misconfiguration', 'other'];

/** The colour of a traffic class; unknown classes are drawn as "other". */
export const classColour = (id: string): string => `var(--c-${id in SHAPES ? id : 'other'})`;

const SHAPES: Readonly<Record<string, (colour: string) => React.JSX.Element>> = {
  'tcp-scan': (colour) => <circle cx="7" cy="7" r="4.2" fill={colour} />,
  'udp-probe': (colour) => <path d="M7 1.5 12.5 7 7 12.5 1.5 7Z" fill={colour} />,
  ping: (colour) => <circle cx="7" cy="7" r="3.7" fill="none" stroke={colour} strokeWidth="2.3" />,
  backscatter: (colour) => <path d="M1.9 3.3h10.2L7 12.1Z" fill={colour} />,
  misconfiguration: (colour) => <rect x="3.1" y="3.1" width="7.8" height="7.8" fill={colour} />,
  other: (colour) => <path d="M2.4 7h9.2M7 2.4v9.2" stroke={colour} strokeWidth="2.5" fill="none" />,
};

/** Colour and shape of a traffic class, so that neither has to be seen alone. */
export function ClassMark({ id }: { readonly id: string }) {
  const draw = SHAPES[id] ?? SHAPES['other'];
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
      {draw?.(classColour(id))}
    </svg>
  );
}
