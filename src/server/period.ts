/** Which period a question is about when the caller does not say: one rule for every screen. */
import type { ServerParts } from './parts.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Without a stated range: the last 24 hours when there is data in them, else the last 24 hours that have data. */
export async function periodOf(
  parts: ServerParts,
  tenant: string,
  from: number | undefined,
  to: number | undefined,
): Promise<{ from: number; to: number }> {
  const now = Math.ceil(parts.clock.now() / MINUTE) * MINUTE;
  if (from !== undefined && to !== undefined) return { from, to: Math.max(to, from + MINUTE) };
  const { lastAt } = await parts.telemetry.dataRange(tenant);
  const end = to ?? (lastAt === null || lastAt > now - DAY ? now : lastAt + MINUTE);
  return { from: from ?? end - DAY, to: end };
}
