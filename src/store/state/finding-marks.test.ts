/** Decisions about findings on real stores: they end, are undone, keep notices away, and stay within their tenant. */
import { expect, it } from 'vitest';
import { planNotices } from '../../cases/digest.ts';
import { casePolicy } from '../../cases/policy.ts';
import { listAudit, verifyAudit } from './audit.ts';
import { caseTimeline } from './cases.ts';
import { replaceConstituents } from './constituents.ts';
import { countFindings, readStretch } from './finding-list.ts';
import { endAcceptances, type MarkRequest, markFindings, readMark } from './finding-marks.ts';
import { listFindings } from './findings.ts';
import { createFindingStore } from './fold.ts';
import { createNoticeStore } from './notices.ts';
import { describeState, newTenant } from './test-support.ts';
import { addressOf, constituent, MORNING, sighting } from './test-support-findings.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describeState('decisions about findings', (opened) => {
  const db = () => opened().state.db;

  async function withFindings(count: number): Promise<{ tenant: string; fingerprints: string[] }> {
    const tenant = newTenant();
    const findings = Array.from({ length: count }, (_, n) => sighting({ tenant, address: addressOf(n) }));
    await createFindingStore(db(), casePolicy).fold(findings, 'token', MORNING);
    const { rows } = await listFindings(db(), tenant, { limit: 1000 });
    return { tenant, fingerprints: rows.map(({ fingerprint }) => fingerprint) };
  }

  const request = (fingerprints: readonly string[], change: Partial<MarkRequest> = {}): MarkRequest => ({
    fingerprints,
    to: 'false_positive',
    reason: 'a test device',
    actor: 'analyst-1',
    at: MORNING + HOUR,
    expiresAt: null,
    ...change,
  });
  const states = async (tenant: string): Promise<string[]> => (await listFindings(db(), tenant)).rows.map(({ state }) => state);

  it('stand with reason and name, are sealed in the audit and told in the timeline of their case', async () => {
    const { tenant, fingerprints } = await withFindings(3);
    const result = await markFindings(db(), tenant, request([...fingerprints, 'f'.repeat(64), 'no fingerprint']));
    expect(new Set(result.changed)).toEqual(new Set(fingerprints));
    expect(result.unchanged).toBe(2);
    expect(await readMark(db(), tenant, fingerprints[0] ?? '')).toEqual({
      state: 'false_positive',
      reason: 'a test device',
      actor: 'analyst-1',
      at: MORNING + HOUR,
      expiresAt: null,
    });
    const { rows } = await listAudit(db(), tenant);
    expect(rows[0]).toMatchObject({ actor: 'analyst-1', action: 'findings-marked', subject: '3', detail: { to: 'false_positive' } });
    expect((await verifyAudit(db(), tenant)).isIntact).toBe(true);
    const [finding] = (await listFindings(db(), tenant)).rows;
    expect((await caseTimeline(db(), tenant, finding?.caseId ?? '')).at(-1)).toMatchObject({
      what: 'finding-false-positive',
      actor: 'analyst-1',
    });
    expect((await markFindings(db(), tenant, request(fingerprints))).changed).toEqual([]);
  });

  it('keep a finding out of notices, and let it back in', async () => {
    const { tenant, fingerprints } = await withFindings(2);
    await replaceConstituents(db(), tenant, [constituent('isp-a', { mail: ['abuse@isp-a.example'] })]);
    const notices = createNoticeStore(db(), planNotices, true);
    const decide = () =>
      notices.decide(tenant, { at: MORNING + DAY, actor: 'system', isSimulation: false, channels: [{ id: 'mail', reaches: () => true }] });
    await markFindings(db(), tenant, request(fingerprints));
    expect(await decide()).toBe(0);
    await markFindings(db(), tenant, request(fingerprints.slice(0, 1), { to: 'undo' }));
    expect(await decide()).toBe(1);
  });

  it('are undone one after the other, as if they had not been', async () => {
    const { tenant, fingerprints } = await withFindings(1);
    await markFindings(db(), tenant, request(fingerprints, { to: 'accepted', expiresAt: MORNING + 9 * DAY }));
    await markFindings(db(), tenant, request(fingerprints, { at: MORNING + 2 * HOUR }));
    expect(await states(tenant)).toEqual(['false_positive']);
    await markFindings(db(), tenant, request(fingerprints, { to: 'undo' }));
    expect(await states(tenant)).toEqual(['accepted']);
    expect((await readMark(db(), tenant, fingerprints[0] ?? ''))?.expiresAt).toBe(MORNING + 9 * DAY);
    await markFindings(db(), tenant, request(fingerprints, { to: 'undo' }));
    expect(await states(tenant)).toEqual(['new']);
    expect((await markFindings(db(), tenant, request(fingerprints, { to: 'undo' }))).changed).toEqual([]);
  });

  it('end by themselves on their day', async () => {
    const { tenant, fingerprints } = await withFindings(2);
    await markFindings(db(), tenant, request(fingerprints.slice(0, 1), { to: 'accepted', expiresAt: MORNING + 2 * DAY }));
    expect(await endAcceptances(db(), tenant, MORNING + DAY)).toBe(0);
    expect(await endAcceptances(db(), newTenant(), MORNING + 3 * DAY)).toBe(0);
    expect(await endAcceptances(db(), tenant, MORNING + 3 * DAY)).toBe(1);
    expect((await states(tenant)).sort()).toEqual(['new', 'reopened']);
    expect(await readMark(db(), tenant, fingerprints[0] ?? '')).toBeNull();
  });

  it('of one tenant never touch another', async () => {
    const one = await withFindings(1);
    const other = await withFindings(1);
    expect((await markFindings(db(), other.tenant, request(one.fingerprints))).changed).toEqual([]);
    expect(await states(one.tenant)).toEqual(['new']);
    expect(await readMark(db(), other.tenant, one.fingerprints[0] ?? '')).toBeNull();
    expect((await countFindings(db(), other.tenant, {})).total).toBe(1);
  });

  it('shows any stretch of the list and counts by kind, severity and state', async () => {
    const { tenant, fingerprints } = await withFindings(25);
    await markFindings(db(), tenant, request(fingerprints.slice(0, 5)));
    const rows = await readStretch(db(), tenant, {}, { offset: 20, limit: 10, order: 'recent' });
    expect(rows.map(({ fingerprint }) => fingerprint)).toEqual(fingerprints.slice(20));
    const counts = await countFindings(db(), tenant, { state: 'false_positive' });
    expect(counts).toEqual({ total: 5, byKind: { 'infected-host': 5 }, bySeverity: { high: 5 }, byState: { new: 20, false_positive: 5 } });
    expect((await countFindings(db(), tenant, { sensor: 'main' })).total).toBe(25);
    expect((await countFindings(db(), tenant, { sensor: 'mai' })).total).toBe(0);
  });
});
