/**
 * What each module counted in each bucket, per finding.
 *
 * Judging a day again replaces the day's shares instead of adding to them, and what a
 * second judgement no longer supports is taken back; the finding itself stays, because
 * somebody may have been told about it.
 */
import { sql, type Transaction } from 'kysely';
import type { Text } from '../../domain/text.ts';
import { rowSet } from './columns.ts';
import type { Draft, KnownFinding, Member, Share } from './fold-plan.ts';
import type { Database } from './schema.ts';
import { insertEvents } from './timelines.ts';
import { lockTenant, preferIndexes } from './transaction.ts';

type Trx = Transaction<Database>;

interface StoredShare {
  readonly bucket_id: number;
  readonly finding_id: number;
  readonly count: number;
  readonly first_seen_at: number;
  readonly last_seen_at: number;
}

/** The shares in question as they are stored now. */
export interface ShareState {
  bucketId(share: Share): number;
  has(share: Share, findingId: number): boolean;
  /** Stored with exactly these figures. */
  isStored(share: Share, findingId: number): boolean;
}

const bucketKey = (bucket: string, module: string): string => `${bucket}\u001f${module}`;
const shareKey = (bucketId: number, findingId: number): string => `${bucketId}/${findingId}`;

export async function readShares(
  trx: Trx,
  tenant: string,
  drafts: readonly Draft[],
  known: ReadonlyMap<number, KnownFinding>,
): Promise<ShareState> {
  const buckets = await internBuckets(trx, tenant, drafts);
  const bucketId = (share: Share): number => buckets.get(bucketKey(share.bucket, share.module)) ?? 0;
  const wanted = [...known].flatMap(([n, { id }]) => (drafts[n]?.shares ?? []).map((share) => ({ bucket: bucketId(share), finding: id })));
  const stored = await readStored(trx, tenant, wanted);
  const find = (share: Share, findingId: number): StoredShare | undefined => stored.get(shareKey(bucketId(share), findingId));
  return {
    bucketId,
    has: (share, findingId) => find(share, findingId) !== undefined,
    isStored: (share, findingId) => {
      const row = find(share, findingId);
      return row?.count === share.count && row.first_seen_at === share.firstSeenAt && row.last_seen_at === share.lastSeenAt;
    },
  };
}

/** Bucket names are long and few: shares refer to them by number. */
async function internBuckets(trx: Trx, tenant: string, drafts: readonly Draft[]): Promise<Map<string, number>> {
  const wanted = new Map<string, Share>();
  for (const draft of drafts) for (const share of draft.shares) wanted.set(bucketKey(share.bucket, share.module), share);
  if (wanted.size === 0) return new Map();
  const shares = [...wanted.values()];
  const names = rowSet(shares, { name: ['text', (share) => share.bucket], module: ['text', (share) => share.module] });
  await sql`insert into bucket (tenant, name, module) select ${tenant}, k.* from ${names} as k on conflict do nothing`.execute(trx);
  const { rows } = await sql<{ id: number; name: string; module: string }>`
    select b.id, b.name, b.module from ${names} as k
    join bucket b on b.tenant = ${tenant} and b.name = k.name and b.module = k.module`.execute(trx);
  return new Map(rows.map((row) => [bucketKey(row.name, row.module), row.id]));
}

async function readStored(
  trx: Trx,
  tenant: string,
  wanted: readonly { bucket: number; finding: number }[],
): Promise<Map<string, StoredShare>> {
  if (wanted.length === 0) return new Map();
  const keys = rowSet(wanted, { bucket_id: ['int8', (share) => share.bucket], finding_id: ['int8', (share) => share.finding] });
  const { rows } = await sql<StoredShare>`
    select s.bucket_id, s.finding_id, s.count, s.first_seen_at, s.last_seen_at
    from ${keys} as k
    cross join lateral (
      select * from finding_share where bucket_id = k.bucket_id and finding_id = k.finding_id and tenant = ${tenant} limit 1
    ) as s`.execute(trx);
  return new Map(rows.map((row) => [shareKey(row.bucket_id, row.finding_id), row]));
}

export async function replaceShares(
  trx: Trx,
  tenant: string,
  state: ShareState,
  members: readonly Member[],
  created: ReadonlyMap<Member, number>,
): Promise<void> {
  const rows = members.flatMap((member) => {
    const findingId = member.known?.id ?? created.get(member) ?? 0;
    return member.draft.shares.map((share) => ({ share, findingId, bucketId: state.bucketId(share) }));
  });
  if (rows.length === 0) return;
  const replaced = rows.filter((row) => state.has(row.share, row.findingId));
  const added = rows.filter((row) => !state.has(row.share, row.findingId));
  await sql`
    insert into finding_share (tenant, bucket_id, finding_id, count, first_seen_at, last_seen_at)
    select ${tenant}, k.* from ${toRows(added)} as k`.execute(trx);
  if (replaced.length === 0) return;
  await sql`
    update finding_share s set count = k.count, first_seen_at = k.first_seen_at, last_seen_at = k.last_seen_at
    from ${toRows(replaced)} as k
    where s.bucket_id = k.bucket_id and s.finding_id = k.finding_id and s.tenant = ${tenant}`.execute(trx);
  await recount(trx, tenant, [...new Set(replaced.map((row) => row.findingId))], null);
}

const toRows = (rows: readonly { readonly share: Share; readonly findingId: number; readonly bucketId: number }[]) =>
  rowSet(rows, {
    bucket_id: ['int8', (row) => row.bucketId],
    finding_id: ['int8', (row) => row.findingId],
    count: ['int8', (row) => row.share.count],
    first_seen_at: ['int8', (row) => row.share.firstSeenAt],
    last_seen_at: ['int8', (row) => row.share.lastSeenAt],
  });

/** Totals from what feeds added and every share that is left. With none left the times stay as they were. */
async function recount(trx: Trx, tenant: string, findingIds: readonly number[], retractedAt: number | null): Promise<void> {
  if (findingIds.length === 0) return;
  await sql`
    update finding f set
      count = t.count,
      first_seen_at = coalesce(t.first_seen_at, f.first_seen_at),
      last_seen_at = coalesce(t.last_seen_at, f.last_seen_at),
      retracted_at = case when t.parts = 0 then ${retractedAt}::bigint end
    from (
      select g.id, (coalesce(sum(s.count), 0) + coalesce(max(g.fed_count), 0))::bigint as count,
        count(s.finding_id) + count(g.fed_count) as parts,
        least(min(s.first_seen_at), max(g.fed_first_at)) as first_seen_at, greatest(max(s.last_seen_at), max(g.fed_last_at)) as last_seen_at
      from ${rowSet(findingIds, { id: ['int8', (id) => id] })} as k
      join finding g on g.id = k.id and g.tenant = ${tenant}
      left join finding_share s on s.finding_id = g.id and s.tenant = ${tenant}
      group by g.id
    ) as t
    where f.id = t.id`.execute(trx);
}

/** Withdraws the module's shares in the bucket that were not confirmed. */
export async function retractShares(trx: Trx, tenant: string, bucket: string, module: string, kept: ReadonlySet<string>): Promise<void> {
  await lockTenant(trx, tenant);
  await preferIndexes(trx);
  for (let after = 0; ; ) {
    const shares = await readBucket(trx, tenant, bucket, module, after);
    const last = shares.at(-1);
    if (!last) return;
    await withdraw(
      trx,
      tenant,
      module,
      shares.filter((share) => !kept.has(share.fingerprint)),
    );
    after = last.finding_id;
  }
}

interface BucketShare {
  readonly bucket_id: number;
  readonly finding_id: number;
  readonly fingerprint: string; // hex
  readonly case_number: number | null;
  readonly at: number;
}

const BUCKET_PAGE = 10_000;

async function readBucket(trx: Trx, tenant: string, bucket: string, module: string, after: number): Promise<readonly BucketShare[]> {
  const { rows } = await sql<BucketShare>`
    select s.bucket_id, s.finding_id, encode(f.fingerprint, 'hex') as fingerprint, f.case_number, s.last_seen_at as at
    from finding_share s join finding f on f.id = s.finding_id and f.tenant = ${tenant}
    where s.finding_id > ${after} and s.bucket_id = (
      select id from bucket where tenant = ${tenant} and name = ${bucket} and module = ${module})
    order by s.finding_id limit ${BUCKET_PAGE}`.execute(trx);
  return rows;
}

async function withdraw(trx: Trx, tenant: string, module: string, shares: readonly BucketShare[]): Promise<void> {
  if (shares.length === 0) return;
  const keys = rowSet(shares, { bucket_id: ['int8', (share) => share.bucket_id], finding_id: ['int8', (share) => share.finding_id] });
  await sql`
    delete from finding_share s using ${keys} as k
    where s.bucket_id = k.bucket_id and s.finding_id = k.finding_id and s.tenant = ${tenant}`.execute(trx);
  const ids = shares.map((share) => share.finding_id);
  await recount(trx, tenant, ids, Math.max(...shares.map((share) => share.at)));
  const cases = new Map(shares.flatMap((share) => (share.case_number === null ? [] : [[share.case_number, share.at]])));
  const events = [...cases].map(([caseNumber, at]) => ({ caseNumber, at, actor: module, what: 'evidence-withdrawn', text: WITHDRAWN }));
  await insertEvents(trx, tenant, events);
}

const WITHDRAWN: Text = {
  ja: '同じ期間の判定をやり直した結果、一部の根拠を取り下げました。',
  en: 'Judging the same period again did not confirm part of the evidence; it was withdrawn.',
};
