/** Two people's words, the allow-list and deletion with proof, on both engines. */
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { casePolicy } from '../../cases/policy.ts';
import type { C2Candidate } from '../../domain/c2.ts';
import { purposeOf } from '../../domain/purposes.ts';
import { listAudit, verifyAudit } from './audit.ts';
import { addAllowEntry, allowEntries, applyAllowList, removeAllowEntry } from './c2-allow.ts';
import {
  candidateId,
  confirmCandidate,
  expireCandidates,
  listCandidates,
  readCandidate,
  rejectCandidate,
  reopenCandidate,
  storeFound,
} from './c2-candidates.ts';
import { beginRun, endRun, forgetRuns, listRuns } from './c2-runs.ts';
import { createFindingStore } from './fold.ts';
import { activeGrant, approveGrant, endGrant, listGrants, requestGrant } from './purpose-grants.ts';
import { describeState } from './test-support.ts';
import { MORNING, sighting } from './test-support-findings.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const server = (n: number): C2Candidate => ({
  address: `203.0.113.${n}`,
  port: 443,
  transport: 'tcp',
  firstSeenAt: MORNING - DAY,
  lastSeenAt: MORNING,
  score: 0.9,
  methods: ['fan-in'],
  family: null,
  features: { lift: n },
  because: { ja: '感染端末が集まっています。', en: 'Infected hosts meet there.' },
});

describeState('candidates for C&C servers', (opened) => {
  const db = () => opened().state.db;

  async function find(tenant: string, run: string, candidates: readonly C2Candidate[], at = MORNING): Promise<number> {
    const purpose = purposeOf('c2-detection');
    await beginRun(db(), tenant, { id: run, at, actor: 'alice', purpose, grantId: 'g', from: at - DAY, to: at, keepUntil: at + 30 * DAY });
    const found = candidates.map((candidate) => ({ candidate, isClient: false }));
    return db()
      .transaction()
      .execute(async (trx) => {
        const created = await storeFound(trx, tenant, run, found, at);
        const outcome = { state: 'done', seeds: 1, found: found.length, created, refused: 0, seconds: 1, problem: null } as const;
        await endRun(trx, tenant, run, outcome);
        return created;
      });
  }
  const by = (actor: string, n: number, at = MORNING) => ({ id: candidateId(server(n)), actor, reason: 'plain evidence', at });
  const actionsOf = async (tenant: string): Promise<string[]> =>
    (await listAudit(db(), tenant)).rows.map(({ action }) => action).toReversed();

  it('need two different people, and the second word of the same one is refused and recorded', async () => {
    const tenant = 'two-people';
    expect(await find(tenant, 'r1', [server(1), server(2)])).toBe(2);
    expect(await confirmCandidate(db(), tenant, by('alice', 1))).toMatchObject({ state: 'confirmed-once', confirmedBy: 'alice' });
    await expect(confirmCandidate(db(), tenant, by('alice', 1))).rejects.toMatchObject({ code: 'forbidden' });
    expect(await confirmCandidate(db(), tenant, by('bob', 1))).toMatchObject({ state: 'confirmed', secondedBy: 'bob' });
    await expect(confirmCandidate(db(), tenant, by('carol', 1))).rejects.toMatchObject({ code: 'conflict' });
    await confirmCandidate(db(), tenant, by('command-line', 2));
    for (const door of ['local-administrator', 'access-token']) {
      await expect(confirmCandidate(db(), tenant, by(door, 2))).rejects.toMatchObject({ code: 'forbidden' });
    }
    expect((await actionsOf(tenant)).filter((action) => action === 'c2-confirmation-refused')).toHaveLength(3);
    expect((await verifyAudit(db(), tenant)).isIntact).toBe(true);
  });

  it('cannot be confirmed by two at the same moment as one', async () => {
    const tenant = 'race';
    await find(tenant, 'r1', [server(1)]);
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => confirmCandidate(db(), tenant, by('alice', 1))));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await listCandidates(db(), tenant))[0]?.state).toBe('confirmed-once');
  });

  it('are rejected with a reason, reopened, found again and expire', async () => {
    const tenant = 'life';
    await find(tenant, 'r1', [server(1)]);
    await rejectCandidate(db(), tenant, by('alice', 1));
    await expect(confirmCandidate(db(), tenant, by('bob', 1))).rejects.toMatchObject({ code: 'conflict' });
    await reopenCandidate(db(), tenant, by('bob', 1));
    expect(await expireCandidates(db(), tenant, MORNING + 1, MORNING + 31 * DAY)).toHaveLength(1);
    expect(await find(tenant, 'r2', [{ ...server(1), lastSeenAt: MORNING + 32 * DAY }], MORNING + 32 * DAY)).toBe(0);
    const known = await readCandidate(db(), tenant, candidateId(server(1)));
    expect(known?.candidate).toMatchObject({ state: 'candidate', confirmedBy: null, lastSeenAt: MORNING + 32 * DAY });
    expect(known?.events.map(({ action }) => action)).toEqual(['found', 'rejected', 'reopened', 'expired', 'found-again']);
    await expect(rejectCandidate(db(), tenant, by('alice', 9))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('follow the allow-list, and so do findings; two entries over one finding undo each other in any order', async () => {
    const tenant = 'allowed';
    const c2 = { kind: 'command-and-control', identifier: 'c2', port: 443, role: 'c2' } as const;
    await createFindingStore(db(), casePolicy).fold([sighting({ tenant, address: '203.0.113.1', finding: c2 })], 't', MORNING);
    const stateOf = async () => {
      const { rows } = await sql<{ state: string }>`select state from finding where tenant = ${tenant}`.execute(db());
      return rows[0]?.state;
    };
    await find(tenant, 'r1', [server(1), server(2)]);
    const wide = await addAllowEntry(db(), tenant, { prefix: '203.0.113.0/28', port: null, reason: 'ours', actor: 'alice', at: MORNING });
    expect([wide.candidates, wide.findings, await stateOf()]).toEqual([2, 1, 'false_positive']);
    const narrow = await addAllowEntry(db(), tenant, { prefix: '203.0.113.1', port: 443, reason: 'ours', actor: 'bob', at: MORNING });
    expect([narrow.candidates, narrow.findings]).toEqual([1, 0]);
    expect((await listCandidates(db(), tenant)).map(({ state }) => state)).toEqual(['allow-listed', 'allow-listed']);
    await removeAllowEntry(db(), tenant, wide.entry.id, 'alice', MORNING);
    expect(await stateOf()).toBe('false_positive');
    expect((await listCandidates(db(), tenant)).map(({ state }) => state).toSorted()).toEqual(['allow-listed', 'candidate']);
    await removeAllowEntry(db(), tenant, narrow.entry.id, 'alice', MORNING);
    expect(await stateOf()).toBe('new');
    await addAllowEntry(db(), tenant, { prefix: '203.0.113.1', port: 80, reason: 'another port', actor: 'bob', at: MORNING });
    await applyAllowList(db(), tenant);
    expect(await stateOf()).toBe('new');
    expect(await allowEntries(db(), 'somebody-else')).toEqual([]);
  });

  it('are deleted with proof when retention ends, but for those two people confirmed', async () => {
    const tenant = 'forgotten';
    await find(tenant, 'r1', [server(1), server(2)]);
    await confirmCandidate(db(), tenant, by('alice', 1));
    await confirmCandidate(db(), tenant, by('bob', 1));
    expect(await forgetRuns(db(), tenant, MORNING + 30 * DAY - 1)).toBe(0);
    expect(await forgetRuns(db(), tenant, MORNING + 30 * DAY)).toBe(1);
    expect(await forgetRuns(db(), tenant, MORNING + 31 * DAY)).toBe(0);
    const left = await listCandidates(db(), tenant);
    expect(left).toMatchObject([{ address: '203.0.113.1', features: null, because: null, state: 'confirmed' }]);
    const [run] = await listRuns(db(), tenant);
    expect(run?.deletion).toMatchObject({ rows: 4, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const entry = (await listAudit(db(), tenant)).rows[0];
    expect(entry).toMatchObject({ action: 'c2-derived-deleted', subject: 'r1', detail: { rows: 4, sha256: run?.deletion?.hash } });
  });
});

describeState('leave', (opened) => {
  const db = () => opened().state.db;
  const request = { purpose: 'network-operation', reason: 'a flood', hours: 2, at: MORNING } as const;

  it('is given, counts for its person and time only, and ends', async () => {
    const tenant = 'leave';
    const own = await requestGrant(db(), tenant, { ...request, grantedTo: 'carol', actor: 'carol', mayGrant: true });
    expect(own.state).toBe('active');
    const active = (who: string, at: number) => activeGrant(db(), tenant, who, ['network-operation'], at);
    expect((await active('carol', MORNING))?.id).toBe(own.id);
    expect(await active('dave', MORNING)).toBeUndefined();
    expect(await active('carol', MORNING + 2 * HOUR)).toBeUndefined();
    expect(await activeGrant(db(), tenant, 'carol', ['incident-response'], MORNING)).toBeUndefined();
    expect((await endGrant(db(), tenant, own.id, 'carol', MORNING + HOUR)).state).toBe('ended');
    expect(await active('carol', MORNING + HOUR)).toBeUndefined();
  });

  it('is asked for and given by another where another is needed; given once', async () => {
    const tenant = 'asked';
    const asked = await requestGrant(db(), tenant, {
      ...request,
      purpose: 'incident-response',
      grantedTo: 'carol',
      actor: 'carol',
      mayGrant: true,
    });
    expect(asked.state).toBe('requested');
    await expect(approveGrant(db(), tenant, asked.id, 'carol', MORNING)).rejects.toMatchObject({ code: 'forbidden' });
    const given = await approveGrant(db(), tenant, asked.id, 'dave', MORNING + HOUR);
    expect(given).toMatchObject({ state: 'active', grantedBy: 'dave', until: MORNING + 3 * HOUR });
    await expect(approveGrant(db(), tenant, asked.id, 'erin', MORNING)).rejects.toMatchObject({ code: 'conflict' });
    await expect(approveGrant(db(), 'elsewhere', asked.id, 'erin', MORNING)).rejects.toMatchObject({ code: 'not-found' });
    expect(await listGrants(db(), 'elsewhere', MORNING)).toEqual([]);
  });

  describe('for somebody else', () => {
    it('needs the right to give it', async () => {
      await expect(requestGrant(db(), 'other', { ...request, grantedTo: 'dave', actor: 'carol', mayGrant: false })).rejects.toMatchObject({
        code: 'forbidden',
      });
    });
  });
});
