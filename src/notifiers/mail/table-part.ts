/** The table attached to a mail: every finding, in columns a ticket system can read. */
import type { Notice } from '../../domain/notice.ts';
import { BYTE_ORDER_MARK, toCsvLine } from '../csv.ts';
import { toDigest } from '../digest.ts';
import { toIso } from '../words.ts';

const COLUMNS = [
  'case',
  'kind',
  'identifier',
  'address',
  'port',
  'transport',
  'source_port',
  'first_seen_utc',
  'last_seen_utc',
  'count',
  'severity',
  'confidence',
  'because',
] as const;

export function toTablePart(notice: Notice): string {
  const items = toDigest(notice.items).flatMap((group) => group.items);
  const rows = items.map((item) =>
    toCsvLine([
      item.caseId,
      item.kind,
      item.identifier,
      item.asset,
      item.port,
      item.transport,
      item.sourcePort,
      toIso(item.firstSeenAt),
      toIso(item.lastSeenAt),
      item.count,
      item.severity,
      item.confidence,
      item.because[notice.language],
    ]),
  );
  return `${BYTE_ORDER_MARK}${toCsvLine(COLUMNS)}${rows.join('')}`;
}

/** A copy of the table that is passed on must still say that it is an exercise. */
export function toTableName(notice: Notice): string {
  return `${notice.id}${notice.isSimulation ? '-simulation' : ''}.csv`;
}
