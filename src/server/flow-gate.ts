/**
 * The gate before addresses of clients: whoever asks flow records for the ends of
 * communications needs leave for a purpose that allows it, within the time that purpose
 * may look back. Every answer and every refusal is written down before it is given.
 */
import type { Purpose, PurposeId } from '../domain/purpose.ts';
import { NO_GRANT } from '../domain/purposes.ts';
import type { Text } from '../domain/text.ts';
import { YaguraError } from '../engine/errors.ts';
import { appendAudit } from '../store/state/audit.ts';
import { activeGrant, type GrantRow } from '../store/state/purpose-grants.ts';
import type { ServerParts } from './parts.ts';
import type { Session } from './session.ts';

export interface ClientQuestion {
  /** 'rows', 'top', 'series', 'export rows' … */
  readonly shape: string;
  /** The purpose the asker names; without one the newest leave counts. */
  readonly purpose: PurposeId | undefined;
  readonly from: number;
  readonly to: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

type GateParts = Pick<ServerParts, 'db' | 'clock' | 'purposes'>;

const DAY = 86_400_000;

/** Throws 'purpose-needed' or 'forbidden'; returns the leave the answer rests on. */
export async function passGate(parts: GateParts, session: Session, question: ClientQuestion): Promise<GrantRow> {
  const { db, clock } = parts;
  const { tenant, actor } = session;
  const { shape, from, to, detail } = question;
  const at = clock.now();
  const named = parts.purposes.filter(({ id, shows }) => shows === 'clients' && (question.purpose ?? id) === id);
  const ids = named.map(({ id }) => id);
  const grant = await activeGrant(db, tenant, actor, ids, at);
  const entry = { at, actor, subject: shape, purpose: grant?.purpose ?? question.purpose };
  if (!grant) {
    await appendAudit(db, tenant, { ...entry, action: 'flows-refused', detail: { ...detail, from, to, why: 'no-grant' } });
    throw new YaguraError('purpose-needed', inBoth(NO_GRANT));
  }
  const purpose = named.find(({ id }) => id === grant.purpose);
  if (purpose && from < earliestFor(purpose, at)) {
    const why = 'beyond-retention';
    await appendAudit(db, tenant, { ...entry, action: 'flows-refused', detail: { ...detail, from, to, grant: grant.id, why } });
    throw new YaguraError('forbidden', inBoth(beyondRetention(purpose)));
  }
  await appendAudit(db, tenant, { ...entry, action: 'flows-read', detail: { ...detail, from, to, grant: grant.id } });
  return grant;
}

/** The start of the oldest UTC day the purpose may look at. */
export const earliestFor = ({ keepDays }: Purpose, at: number): number => Math.floor(at / DAY) * DAY - keepDays * DAY;

export const beyondRetention = ({ title, keepDays }: Purpose): Text => ({
  ja: `「${title.ja}」の目的で見られるのは、直近${keepDays}日の記録だけです。この拒否は記録されました。`,
  en: `For “${title.en}” only the records of the last ${keepDays} days may be looked at. This refusal was recorded.`,
});

export const inBoth = ({ ja, en }: Text): string => `${en} ${ja}`;
