import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { planNotices } from '../../cases/digest.ts';
import { casePolicy } from '../../cases/policy.ts';
import { CASE_MOVES, CASE_STATES } from '../../domain/case.ts';
import { ROLE_PERMISSIONS, ROLES } from '../../domain/permission.ts';
import { appendAudit, listAudit, verifyAudit } from './audit.ts';
import { caseTimeline, listCases, moveCase, noticesOfCase, readCase } from './cases.ts';
import {
  allConstituents,
  casesByConstituent,
  constituentNames,
  listConstituents,
  readConstituent,
  replaceConstituents,
} from './constituents.ts';
import { readCounts } from './counts.ts';
import { findingsOfCase, iterateFindings, listFindings, readFinding, readFindingSeries } from './findings.ts';
import { createFindingStore } from './fold.ts';
import { countAlarms, createIntakeLedger, listAlarms, listIntakes, listQuarantine, readIntake } from './intakes.ts';
import { createNoticeStore, listNotices, readNotice, readNoticeRow } from './notices.ts';
import type { StateDatabase } from './open.ts';
import { addToken, findToken, permissionsOf } from './permissions.ts';
import { listSensors, setSensor } from './sensors.ts';
import { readSetting, writeSetting } from './settings.ts';
import { describeState, newTenant } from './test-support.ts';
import { constituent, MORNING, sighting } from './test-support-findings.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PROGRESS = {
  records: 10,
  accepted: 8,
  quarantined: 2,
  doneBytes: 90,
  seconds: 1.5,
  firstSeenAt: MORNING,
  lastSeenAt: MORNING + HOUR,
};

const NO_TIME = { code: 'no-time', parameters: {} };

const record = (tenant: string, id: string, receivedAt = MORNING) => ({
  id,
  tenant,
  file: `${id}.csv`,
  digest: 'ab'.repeat(32),
  collector: 'shadowserver',
  sensor: 'feed',
  bytes: 100,
  receivedAt,
});

/** One of everything that a tenant can have. */
async function fill(db: StateDatabase, tenant: string): Promise<void> {
  const ledger = createIntakeLedger(db);
  await ledger.begin(record(tenant, 'intake-1'));
  await ledger.quarantine(tenant, 'intake-1', [{ record: 3, reason: NO_TIME, excerpt: 'a,b' }]);
  await ledger.alarm(tenant, 'intake-1', MORNING, 'header-drift', { added: ['x'] }, { ja: '列が増えました。', en: 'A column was added.' });
  await ledger.sensor(tenant, 'main', 0);
  await ledger.complete(tenant, 'intake-1', PROGRESS);
  await replaceConstituents(db, tenant, [constituent('isp-a', { mail: ['abuse@isp-a.example'] })]);
  await createFindingStore(db, casePolicy).fold([sighting({ tenant, address: '192.0.2.1' })], 'a', MORNING);
  const store = createNoticeStore(db, planNotices, true);
  await store.decide(tenant, { at: MORNING, actor: 'system', isSimulation: false, channels: [{ id: 'mail', reaches: () => true }] });
  await moveCase(db, tenant, 'Y-1001', 'answered', { reason: 'they called', actor: 'analyst', at: MORNING });
  await writeSetting(db, tenant, 'colour', 'vermilion');
}

async function writeAudit(db: StateDatabase, tenant: string, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await appendAudit(db, tenant, { at: MORNING + n, actor: 'analyst', action: 'looked', subject: `192.0.2.${n}`, purpose: 'abuse' });
  }
}

describeState('records', (opened) => {
  const db = (): StateDatabase => opened().state.db;

  describe('intakes', () => {
    it('are new, then resumed with their first time, then done with their figures', async () => {
      const tenant = newTenant();
      const ledger = createIntakeLedger(db());
      expect(await ledger.begin(record(tenant, 'a'))).toEqual({ state: 'new', receivedAt: MORNING });
      await ledger.advance(tenant, 'a', { ...PROGRESS, records: 5 });
      const resumed = { state: 'resumed', receivedAt: MORNING, progress: { ...PROGRESS, records: 5 } };
      expect(await ledger.begin(record(tenant, 'a', MORNING + HOUR))).toEqual(resumed);
      await ledger.fail(tenant, 'a', PROGRESS, 'cut short');
      expect(await readIntake(db(), tenant, 'a')).toMatchObject({ state: 'failed', problem: 'cut short' });
      await ledger.complete(tenant, 'a', PROGRESS);
      expect(await ledger.begin(record(tenant, 'a'))).toEqual({ state: 'done', progress: PROGRESS });
      expect(await readIntake(db(), tenant, 'a')).toEqual({ ...record(tenant, 'a'), ...PROGRESS, state: 'done', problem: null });
    });

    it('page newest first without repeating or leaving out', async () => {
      const tenant = newTenant();
      const ledger = createIntakeLedger(db());
      for (let n = 0; n < 7; n++) await ledger.begin(record(tenant, `f${n}`, MORNING + Math.floor(n / 2)));
      const ids: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await listIntakes(db(), tenant, { limit: 3, cursor });
        expect(page.total).toBe(7);
        ids.push(...page.rows.map((row) => row.id));
        cursor = page.cursor;
      } while (cursor);
      expect(ids).toEqual(['f6', 'f5', 'f4', 'f3', 'f2', 'f1', 'f0']);
      await expect(listIntakes(db(), tenant, { cursor: 'bent' })).rejects.toMatchObject({ code: 'usage' });
    });

    it('keep each bad record and each alarm once', async () => {
      const tenant = newTenant();
      const ledger = createIntakeLedger(db());
      await ledger.begin(record(tenant, 'a'));
      const bad = [
        { record: 2, reason: { code: 'no-address', parameters: { value: '\u0000"', values: 2 } }, excerpt: 'x\u0000y' },
        { record: 1, reason: NO_TIME, excerpt: '' },
      ];
      const text = { ja: '時計がずれています。', en: 'The clock is off.' };
      for (let n = 0; n < 2; n++) {
        await ledger.quarantine(tenant, 'a', bad);
        await ledger.alarm(tenant, 'a', MORNING + n, 'clock', { seconds: 90 }, text);
        await ledger.alarm(tenant, null, MORNING, 'disk', {}, text);
      }
      expect((await listQuarantine(db(), tenant, { limit: 1 })).rows).toEqual([
        { intake: 'a', file: 'a.csv', collector: 'shadowserver', record: 1, reason: NO_TIME, excerpt: '' },
      ]);
      const first = await listQuarantine(db(), tenant, { limit: 1, intake: 'a' });
      expect((await listQuarantine(db(), tenant, { cursor: first.cursor })).rows).toMatchObject([
        { record: 2, reason: bad[0]?.reason, excerpt: 'x\uFFFDy' },
      ]);
      expect((await listQuarantine(db(), tenant, { intake: 'b' })).total).toBe(0);
      const alarms = await listAlarms(db(), tenant);
      expect(alarms.rows).toMatchObject([
        { code: 'disk', file: null, at: MORNING },
        { code: 'clock', file: 'a.csv', at: MORNING, text, detail: { seconds: 90 } },
      ]);
      expect((await listAlarms(db(), tenant, { limit: 1 })).cursor).not.toBeNull();
    });

    it('know their sensor from its first sight', async () => {
      const tenant = newTenant();
      expect(await createIntakeLedger(db()).sensor(tenant, 'roof', 0)).toEqual({ id: 'roof', title: 'roof', addresses: null });
      await setSensor(db(), tenant, { id: 'roof', title: 'The roof', addresses: 4096 });
      expect(await createIntakeLedger(db()).sensor(tenant, 'roof', 0)).toEqual({ id: 'roof', title: 'The roof', addresses: 4096 });
    });
  });

  describe('findings', () => {
    it('are found by every filter, and page without repeating or leaving out', async () => {
      const tenant = newTenant();
      const hosts = Array.from({ length: 9 }, (_, n) =>
        sighting({
          tenant,
          address: `198.51.100.${n}`,
          constituent: n < 3 ? 'isp-b' : null,
          finding: { kind: n % 2 ? 'scanner' : 'infected-host', severity: n === 8 ? 'critical' : 'low' },
        }),
      );
      await createFindingStore(db(), casePolicy).fold(hosts, 'a', MORNING);
      const count = async (filter: Parameters<typeof listFindings>[2]) => (await listFindings(db(), tenant, filter)).total;
      expect(await count({ kind: 'scanner' })).toBe(4);
      expect(await count({ constituent: 'isp-b' })).toBe(3);
      expect(await count({ severity: 'critical' })).toBe(1);
      expect(await count({ state: 'notified' })).toBe(0);
      expect(await count({ q: '100.4' })).toBe(1);
      expect(await count({ q: '%' })).toBe(0);
      expect(await count({ caseId: 'Y-1002' })).toBe(1);
      expect(await count({ caseId: 'nonsense' })).toBe(0);
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await listFindings(db(), tenant, { limit: 2, cursor });
        seen.push(...page.rows.map((row) => row.asset.value));
        cursor = page.cursor;
      } while (cursor);
      expect(seen).toEqual(hosts.map(({ finding }) => finding.asset.value).reverse());
      const exported = (await Array.fromAsync(iterateFindings(db(), tenant, { kind: 'scanner' }, 3))).map((page) => page.length);
      expect(exported).toEqual([3, 1]);
    });

    it('count into steps by their first sight', async () => {
      const tenant = newTenant();
      const at = (n: number, kind: 'scanner' | 'spam', firstSeenAt: number) =>
        sighting({ tenant, address: `198.51.100.${n}`, finding: { kind, firstSeenAt, lastSeenAt: firstSeenAt } });
      await createFindingStore(db(), casePolicy).fold(
        [
          at(1, 'scanner', MORNING),
          at(2, 'scanner', MORNING + HOUR),
          at(3, 'scanner', MORNING + 2 * HOUR - 1),
          at(4, 'spam', MORNING + DAY),
        ],
        'a',
        MORNING,
      );
      const range = { from: MORNING, to: MORNING + 2.5 * HOUR, stepSeconds: 3600 };
      expect(await readFindingSeries(db(), tenant, range)).toEqual({
        ...range,
        series: [{ kind: 'scanner', counts: [1, 2, 0], total: 3 }],
      });
    });
  });

  describe('cases', () => {
    it('stand in order of severity and due date, page through, and count by state', async () => {
      const tenant = newTenant();
      const store = createFindingStore(db(), casePolicy);
      const severities = ['low', 'critical', 'high', 'low', 'medium', 'high'] as const;
      for (const [n, severity] of severities.entries()) {
        await store.fold([sighting({ tenant, address: `198.51.100.${n}`, finding: { severity } })], `t${n}`, MORNING - n * HOUR);
      }
      await moveCase(db(), tenant, 'Y-1001', 'suppressed', { reason: 'known device', actor: 'analyst', at: MORNING });
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await listCases(db(), tenant, { limit: 2, cursor });
        expect([page.total, page.byState]).toEqual([6, { open: 5, suppressed: 1 }]);
        seen.push(...page.rows.map((row) => row.asset.value.replace('198.51.100.', '')));
        cursor = page.cursor;
      } while (cursor);
      expect(seen).toEqual(['1', '5', '2', '4', '3', '0']);
      expect(await listCases(db(), tenant, { state: 'open', severity: 'low' })).toMatchObject({
        total: 1,
        byState: { open: 1, suppressed: 1 },
      });
      expect((await listCases(db(), tenant, { q: 'y-1003' })).rows.map((row) => row.id)).toEqual(['Y-1003']);
      expect((await listCases(db(), tenant, { kind: 'infected-host' })).total).toBe(6);
      expect((await listCases(db(), tenant, { kind: 'spam' })).total).toBe(0);
    });

    it('move only as the lifecycle allows', async () => {
      const tenant = newTenant();
      const store = createFindingStore(db(), casePolicy);
      let number = 1000;
      const move = { reason: 'a reason', actor: 'analyst', at: MORNING };
      for (const from of CASE_STATES) {
        for (const to of CASE_STATES) {
          const id = `Y-${++number}`;
          await store.fold([sighting({ tenant, address: `${from}.${to}.example` })], id, MORNING);
          await sql`update case_file set state = ${from} where tenant = ${tenant} and number = ${number}`.execute(db());
          const moved = moveCase(db(), tenant, id, to, move);
          if (CASE_MOVES[from].includes(to)) await moved;
          else await expect(moved).rejects.toMatchObject({ code: 'conflict' });
          expect(await readCase(db(), tenant, id)).toMatchObject({ state: CASE_MOVES[from].includes(to) ? to : from });
        }
      }
    });

    it('say in their timeline and in the audit who moved them and why', async () => {
      const tenant = newTenant();
      await createFindingStore(db(), casePolicy).fold([sighting({ tenant, address: '192.0.2.1' })], 'a', MORNING);
      await moveCase(db(), tenant, 'Y-1001', 'verified_fixed', { reason: '再検査で確認', actor: 'hanako', at: MORNING + HOUR });
      expect((await caseTimeline(db(), tenant, 'Y-1001')).at(-1)).toEqual({
        at: MORNING + HOUR,
        actor: 'hanako',
        what: 'verified_fixed',
        text: { ja: '状態を「解決を確認済み」に変更しました。理由：再検査で確認', en: 'Now verified fixed. Reason: 再検査で確認' },
      });
      expect((await listAudit(db(), tenant)).rows).toMatchObject([
        {
          actor: 'hanako',
          action: 'case-moved',
          subject: 'Y-1001',
          detail: { from: 'open', to: 'verified_fixed', reason: '再検査で確認' },
        },
      ]);
      expect((await findingsOfCase(db(), tenant, 1001)).map((one) => one.state)).toEqual(['verified_fixed']);
    });

    it('refuse a move of what is not there, of nobody’s case, and a suppression that has ended', async () => {
      const tenant = newTenant();
      await createFindingStore(db(), casePolicy).fold([sighting({ tenant, address: '192.0.2.1', constituent: null })], 'a', MORNING);
      const move = { reason: 'a reason', actor: 'analyst', at: MORNING };
      await expect(moveCase(db(), tenant, 'Y-9', 'open', move)).rejects.toMatchObject({ code: 'not-found' });
      await expect(moveCase(db(), tenant, 'Y-1001', 'open', move)).rejects.toMatchObject({ code: 'conflict' });
      await expect(moveCase(db(), tenant, 'Y-1001', 'suppressed', { ...move, expiresAt: MORNING })).rejects.toMatchObject({
        code: 'usage',
      });
    });
  });

  it('constituents are renewed by an import, their resources replaced, the others kept', async () => {
    const tenant = newTenant();
    const prefix = { kind: 'prefix', value: '192.0.2.0/24', validFrom: MORNING, validTo: null } as const;
    const asn = { kind: 'asn', value: '64496', validFrom: null, validTo: MORNING } as const;
    const a = constituent('a', { mail: ['a@a.example'] }, [prefix, asn]);
    const b = constituent('b', { letter: { postalCode: '000-0000', lines: ['1-1', '例示県'], recipient: 'B' } });
    await replaceConstituents(db(), tenant, [b, a]);
    expect(await allConstituents(db(), tenant)).toEqual([a, b]);
    const renewed = { ...constituent('a', {}, [asn]), name: { ja: '新社名', en: 'Z New name' } };
    await replaceConstituents(db(), tenant, [renewed]);
    expect(await listConstituents(db(), tenant)).toEqual([b, renewed]);
    expect(await readConstituent(db(), tenant, 'a')).toEqual(renewed);
    expect((await constituentNames(db(), tenant)).get('a')).toEqual(renewed.name);
    const { rows } = await sql<{ range_end: Uint8Array | null }>`
      select range_end from resource where tenant = ${tenant} and kind = 'prefix'`.execute(db());
    expect(rows).toEqual([]);
  });

  it('settings and permissions are what was written', async () => {
    const tenant = newTenant();
    expect(await readSetting(db(), tenant, 'colour')).toBeNull();
    for (const value of ['vermilion', { seed: 7 }, null]) {
      await writeSetting(db(), tenant, 'colour', value);
      expect(await readSetting(db(), tenant, 'colour')).toEqual(value);
    }
    for (const role of ROLES) expect([...(await permissionsOf(db(), role))].sort()).toEqual([...ROLE_PERMISSIONS[role]].sort());
    await sql`insert into role_permission (tenant, role, permission) values (${tenant}, 'analyst', 'status.read')`.execute(db());
    expect([...(await permissionsOf(db(), 'analyst', tenant))]).toEqual(['status.read']);
    expect((await permissionsOf(db(), 'analyst')).size).toBe(ROLE_PERMISSIONS.analyst.length);
  });

  it('tokens are known by their hash until they expire', async () => {
    const tenant = newTenant();
    const hash = Buffer.from(tenant.padEnd(32, '.')).toString('hex');
    await addToken(db(), tenant, { id: 'ci', hash, role: 'analyst', name: 'Build', createdAt: MORNING, expiresAt: MORNING + DAY });
    expect(await findToken(db(), hash, MORNING)).toEqual({ tenant, role: 'analyst', name: 'Build' });
    expect(await findToken(db(), hash, MORNING + DAY)).toBeUndefined();
    expect(await findToken(db(), 'ff'.repeat(32), MORNING)).toBeUndefined();
  });

  describe('the audit chain', () => {
    it('is whole as written, also by many at once', async () => {
      const tenant = newTenant();
      await Promise.all([writeAudit(db(), tenant, 3), writeAudit(db(), tenant, 3)]);
      expect(await verifyAudit(db(), tenant)).toMatchObject({ entries: 6, isIntact: true, brokenAt: null });
      const { rows } = await listAudit(db(), tenant, { limit: 2 });
      expect(rows.map((row) => [row.position, row.purpose])).toEqual([
        [6, 'abuse'],
        [5, 'abuse'],
      ]);
      expect((await verifyAudit(db(), tenant)).head).toBe(rows[0]?.hash);
      expect(await verifyAudit(db(), newTenant())).toMatchObject({ entries: 0, isIntact: true });
    });

    it.each([
      ['a changed field', `update audit_entry set actor = 'nobody' where position = 3`],
      ['a changed detail', `update audit_entry set detail = '{"a":1}' where position = 3`],
      ['a removed entry', `delete from audit_entry where position = 3`],
      [
        'a removed entry, the rest moved up',
        `delete from audit_entry where position = 3; update audit_entry set position = position - 1 where position > 3`,
      ],
      ['a changed hash', `update audit_entry set hash = previous_hash where position = 3`],
    ])('breaks at %s', async (_what, tampering) => {
      const tenant = newTenant();
      await writeAudit(db(), tenant, 5);
      for (const statement of tampering.split(';')) await sql.raw(`${statement} and tenant = '${tenant}'`).execute(db());
      expect(await verifyAudit(db(), tenant)).toMatchObject({ isIntact: false, brokenAt: 3 });
    });
  });

  it('counts add up', async () => {
    const tenant = newTenant();
    await fill(db(), tenant);
    const more = [sighting({ tenant, address: '192.0.2.2' }), sighting({ tenant, address: '192.0.2.3', constituent: null })];
    await createFindingStore(db(), casePolicy).fold(
      [...more, sighting({ tenant, address: '192.0.2.4', finding: { severity: 'low' } })],
      'b',
      MORNING,
    );
    expect(await readCounts(db(), tenant)).toEqual({
      decisions: 1,
      openCases: 4,
      cases: 4,
      findings: 4,
      constituents: 1,
      orphans: 1,
      notices: 1,
      alarms: 1,
      quarantined: 2,
    });
    expect((await casesByConstituent(db(), tenant)).get('isp-a')).toEqual({ open: 3, all: 3 });
  });

  it('no question answers with what belongs to another tenant', async () => {
    const [own, other] = [newTenant(), newTenant()];
    await fill(db(), other);
    const [theirs] = (await listFindings(db(), other)).rows;
    const answers = {
      intakes: await listIntakes(db(), own),
      intake: await readIntake(db(), own, 'intake-1'),
      quarantine: await listQuarantine(db(), own),
      alarms: await listAlarms(db(), own),
      alarmCount: await countAlarms(db(), own),
      sensors: await listSensors(db(), own),
      findings: await listFindings(db(), own),
      finding: await readFinding(db(), own, theirs?.fingerprint ?? ''),
      findingsOfCase: await findingsOfCase(db(), own, 1001),
      allFindings: await Array.fromAsync(iterateFindings(db(), own)),
      series: (await readFindingSeries(db(), own, { from: 0, to: MORNING + DAY, stepSeconds: 86_400 * 365 })).series,
      cases: await listCases(db(), own),
      case: await readCase(db(), own, 'Y-1001'),
      timeline: await caseTimeline(db(), own, 'Y-1001'),
      noticesOfCase: await noticesOfCase(db(), own, 'Y-1001'),
      notices: await listNotices(db(), own),
      notice: await readNotice(db(), own, 'N-000001'),
      noticeRow: await readNoticeRow(db(), own, 'N-000001'),
      claimed: await createNoticeStore(db(), planNotices, true).claim(own, MORNING + DAY),
      waiting: await createNoticeStore(db(), planNotices, true).countWaiting(own),
      constituents: await listConstituents(db(), own),
      everyConstituent: await allConstituents(db(), own),
      constituent: await readConstituent(db(), own, 'isp-a'),
      names: await constituentNames(db(), own),
      casesByConstituent: await casesByConstituent(db(), own),
      counts: await readCounts(db(), own),
      setting: await readSetting(db(), own, 'colour'),
      audit: await listAudit(db(), own),
    };
    const empty = { rows: [], cursor: null, total: 0 };
    expect(answers).toEqual({
      intakes: empty,
      intake: undefined,
      quarantine: empty,
      alarms: empty,
      alarmCount: 0,
      sensors: [],
      findings: empty,
      finding: undefined,
      findingsOfCase: [],
      allFindings: [],
      series: [],
      cases: { ...empty, byState: {} },
      case: undefined,
      timeline: [],
      noticesOfCase: [],
      notices: empty,
      notice: undefined,
      noticeRow: undefined,
      claimed: undefined,
      waiting: 0,
      constituents: [],
      everyConstituent: [],
      constituent: undefined,
      names: new Map(),
      casesByConstituent: new Map(),
      counts: { decisions: 0, openCases: 0, cases: 0, findings: 0, constituents: 0, orphans: 0, notices: 0, alarms: 0, quarantined: 0 },
      setting: null,
      audit: empty,
    });
    await expect(moveCase(db(), own, 'Y-1001', 'unseen', { reason: 'x', actor: 'y', at: MORNING })).rejects.toMatchObject({
      code: 'not-found',
    });
    await createFindingStore(db(), casePolicy).retract(own, 'none', 'infected-host', new Set());
    expect(await readCase(db(), other, 'Y-1001')).toMatchObject({ state: 'answered', findings: 1 });
  });
});
