import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casePolicy } from '../../cases/policy.ts';
import { listFindings, readFinding } from './findings.ts';
import { createFindingStore } from './fold.ts';
import { createIntakeLedger, listIntakes } from './intakes.ts';
import { ENGINES, hasPostgres, newTenant, type OpenedState, openEngine } from './test-support.ts';
import { MORNING, sighting } from './test-support-findings.ts';

describe.each(ENGINES)('the state store on %s', (engine) => {
  const isAbsent = engine === 'PostgreSQL' && !hasPostgres;
  let opened: OpenedState;
  beforeAll(async () => {
    if (!isAbsent) opened = await openEngine(engine);
  });
  afterAll(() => opened?.stop());

  describe.skipIf(isAbsent)('smoke', () => {
    it('folds', async () => {
      const tenant = newTenant();
      const { db } = opened.state;
      const store = createFindingStore(db, casePolicy);
      const a = sighting({ tenant, address: '192.0.2.1' });
      expect(await store.fold([a], 'one', MORNING)).toEqual({ created: 1, updated: 0, casesOpened: 1, casesReopened: 0 });
      expect(await store.fold([a], 'one', MORNING)).toEqual({ created: 0, updated: 0, casesOpened: 0, casesReopened: 0 });
      expect(
        await store.fold([a, sighting({ tenant, address: '192.0.2.1', finding: { kind: 'scanner', bucket: 'b' } })], 'two', MORNING),
      ).toEqual({ created: 1, updated: 1, casesOpened: 0, casesReopened: 0 });
      const page = await listFindings(db, tenant, { limit: 1 });
      expect(page).toMatchObject({ total: 2, rows: [{ caseId: 'Y-1001' }] });
      const next = await listFindings(db, tenant, { limit: 1, cursor: page.cursor });
      expect(next.cursor).toBeNull();
      expect(next.rows[0]).toMatchObject({ count: 10 });
      expect(await readFinding(db, tenant, next.rows[0]?.fingerprint ?? '')).toEqual(next.rows[0]);
      await store.retract(tenant, 'b', 'infected-host', new Set());
      expect((await listFindings(db, tenant, { kind: 'scanner' })).rows[0]).toMatchObject({ count: 0 });
      expect((await sql`select * from case_event where tenant = ${tenant} order by id`.execute(db)).rows).toHaveLength(2);
    });

    it('keeps intakes', async () => {
      const tenant = newTenant();
      const ledger = createIntakeLedger(opened.state.db);
      const record = { id: 'a', tenant, file: 'x', digest: 'b', collector: 'pcap', sensor: 's', bytes: 3, receivedAt: 1 };
      expect(await ledger.begin(record)).toEqual({ state: 'new', receivedAt: 1 });
      await ledger.quarantine(tenant, 'a', [{ record: 1, reason: 'x', excerpt: 'y\u0000' }]);
      expect(await ledger.begin({ ...record, receivedAt: 2 })).toEqual({ state: 'resumed', receivedAt: 1 });
      expect((await listIntakes(opened.state.db, tenant)).total).toBe(1);
    });
  });
});
