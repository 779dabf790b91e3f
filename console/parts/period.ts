/** Periods and the steps they are drawn in. */
import type { Period } from '../queries.ts';

const STEPS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800];
const MOST_STEPS = 300;

/** The finest step that still leaves few enough bins to draw. */
export function stepFor(period: Period, most = MOST_STEPS): number {
  const seconds = (period.to - period.from) / 1000;
  return STEPS.find((step) => seconds / step <= most) ?? 604_800;
}
