/**
 * Surges, campaigns and the counts they are judged by, as the state store keeps them.
 *
 * A surge is one row that grows; judging the same hours again rewrites it and makes no other.
 */
import type { Selectable } from 'kysely';
import type { Campaign, Surge, SurgeBasis, SurgeEnd, SurgeKind } from '../../domain/surge.ts';
import type { SurgeStore } from '../../engine/surge-ports.ts';
import type { StateDatabase } from './open.ts';
import type { CampaignTable, SurgeTable } from './schema.ts';

const MOST_SURGES = 1000;

export const createSurgeStore = (db: StateDatabase): SurgeStore => ({
  async hours(tenant, sensor, from) {
    const rows = await db
      .selectFrom('surge_hour')
      .select(['hour', 'packets', 'counted_until', 'watched', 'counts'])
      .where('tenant', '=', tenant)
      .where('sensor', '=', sensor)
      .where('hour', '>=', from)
      .orderBy('hour')
      .execute();
    return rows.map(({ counted_until, ...row }) => ({ ...row, countedUntil: counted_until }));
  },

  async writeHour(tenant, sensor, { hour, packets, countedUntil, watched, counts }) {
    const set = { packets, counted_until: countedUntil, watched, counts };
    await db
      .insertInto('surge_hour')
      .values({ tenant, sensor, hour, ...set })
      .onConflict((conflict) => conflict.columns(['tenant', 'sensor', 'hour']).doUpdateSet(set))
      .execute();
  },

  async forgetHours(tenant, sensor, before) {
    await db.deleteFrom('surge_hour').where('tenant', '=', tenant).where('sensor', '=', sensor).where('hour', '<', before).execute();
  },

  async surges(tenant, { sensor, since, limit = MOST_SURGES }) {
    let query = db.selectFrom('surge').where('tenant', '=', tenant);
    if (sensor !== undefined) query = query.where('sensor', '=', sensor);
    if (since !== undefined) query = query.where((where) => where.or([where('ended_at', 'is', null), where('ended_at', '>=', since)]));
    const [rows, count] = await Promise.all([
      query.selectAll().orderBy('onset_at', 'desc').orderBy('id', 'desc').limit(Math.min(limit, MOST_SURGES)).execute(),
      query.select((select) => select.fn.countAll<number>().as('total')).executeTakeFirstOrThrow(),
    ]);
    return { rows: rows.map(toSurge), total: count.total };
  },

  async surge(tenant, id) {
    const row = await db.selectFrom('surge').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
    return row ? toSurge(row) : null;
  },

  async addSurge(tenant, surge) {
    const row = await db
      .insertInto('surge')
      .values({ tenant, ...toColumns(surge) })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toSurge(row);
  },

  async changeSurge(tenant, { id, ...surge }) {
    await db.updateTable('surge').set(toColumns(surge)).where('tenant', '=', tenant).where('id', '=', id).execute();
  },

  async campaigns(tenant, sensor) {
    let query = db.selectFrom('campaign').selectAll().where('tenant', '=', tenant);
    if (sensor !== undefined) query = query.where('sensor', '=', sensor);
    return (await query.orderBy('last_day', 'desc').orderBy('size', 'desc').orderBy('id').execute()).map(toCampaign);
  },

  async campaignDays(tenant, sensor) {
    return db
      .selectFrom('campaign_day')
      .select(['day', 'sources', 'broad'])
      .where('tenant', '=', tenant)
      .where('sensor', '=', sensor)
      .orderBy('day')
      .execute();
  },

  async writeCampaigns(tenant, sensor, { day, ...figures }, { changed, begun, gone }) {
    await db.transaction().execute(async (trx) => {
      for (const { id } of gone) await trx.deleteFrom('campaign').where('tenant', '=', tenant).where('id', '=', id).execute();
      for (const { id, ...campaign } of changed)
        await trx.updateTable('campaign').set(toCampaignColumns(campaign)).where('tenant', '=', tenant).where('id', '=', id).execute();
      for (const campaign of begun)
        await trx
          .insertInto('campaign')
          .values({ tenant, ...toCampaignColumns(campaign) })
          .execute();
      await trx
        .insertInto('campaign_day')
        .values({ tenant, sensor, day, ...figures })
        .onConflict((conflict) => conflict.columns(['tenant', 'sensor', 'day']).doUpdateSet(figures))
        .execute();
    });
  },
});

function toColumns(surge: Omit<Surge, 'id'>) {
  const { sensor, kind, basis, samples, usual, peak, sources, networks, asns } = surge;
  return {
    sensor,
    protocol: Math.floor(surge.place / 65_536),
    port: surge.place % 65_536,
    kind,
    onset_at: surge.onsetAt,
    detected_at: surge.detectedAt,
    last_at: surge.lastAt,
    ended_at: surge.endedAt,
    end_reason: surge.endReason,
    basis,
    samples,
    usual,
    upper_limit: surge.limit,
    peak,
    peak_at: surge.peakAt,
    sources,
    networks,
    asns,
    evidence: JSON.stringify(surge.evidence),
    growth: JSON.stringify(surge.growth),
  };
}

const toSurge = (row: Selectable<SurgeTable>): Surge => ({
  id: row.id,
  sensor: row.sensor,
  place: row.protocol * 65_536 + row.port,
  kind: row.kind as SurgeKind,
  onsetAt: row.onset_at,
  detectedAt: row.detected_at,
  lastAt: row.last_at,
  endedAt: row.ended_at,
  endReason: row.end_reason as SurgeEnd | null,
  basis: row.basis as SurgeBasis,
  samples: row.samples,
  usual: row.usual,
  limit: row.upper_limit,
  peak: row.peak,
  peakAt: row.peak_at,
  sources: row.sources,
  networks: row.networks,
  asns: row.asns,
  evidence: row.evidence as Surge['evidence'],
  growth: row.growth as Surge['growth'],
});

function toCampaignColumns({ sensor, ports, firstDay, lastDay, firstSeenAt, isNew, size, evidence, days }: Omit<Campaign, 'id'>) {
  return {
    sensor,
    ports: JSON.stringify(ports),
    first_day: firstDay,
    last_day: lastDay,
    first_seen_at: firstSeenAt,
    is_new: isNew,
    size,
    evidence: JSON.stringify(evidence),
    days: JSON.stringify(days),
  };
}

const toCampaign = (row: Selectable<CampaignTable>): Campaign => ({
  id: row.id,
  sensor: row.sensor,
  ports: row.ports,
  firstDay: row.first_day,
  lastDay: row.last_day,
  firstSeenAt: row.first_seen_at,
  isNew: row.is_new,
  size: row.size,
  evidence: row.evidence as Campaign['evidence'],
  days: row.days,
});
