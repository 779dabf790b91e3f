import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { runs } from '../../../test/support/volume.ts';
import { casePolicy } from '../../cases/policy.ts';
import type { DetectedFinding, FindingKind, Severity } from '../../domain/finding.ts';
import type { AttributedFinding } from '../../engine/ports.ts';
import { type CaseRow, caseTimeline, listCases, moveCase, readCase } from './cases.ts';
import { iterateFindings, listFindings, type StoredFinding } from './findings.ts';
import { createFindingStore } from './fold.ts';
import { draftFindings } from './fold-plan.ts';
import type { StateDatabase } from './open.ts';
import { describeState, newTenant } from './test-support.ts';
import { addressOf, MORNING, sighting } from './test-support-findings.ts';

const ARRANGEMENTS = runs(15, 40);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const HOST = '192.0.2.1';
const BUCKET = 'telescope:main:2026-05-01';

async function allFindings(db: StateDatabase, tenant: string): Promise<StoredFinding[]> {
  return (await Array.fromAsync(iterateFindings(db, tenant))).flat();
}

describeState('folding', (opened) => {
  const setup = () => {
    const { db } = opened().state;
    return { db, tenant: newTenant(), store: createFindingStore(db, casePolicy) };
  };

  describe('findings', () => {
    it('makes a finding and a case of a first sighting', async () => {
      const { db, tenant, store } = setup();
      const result = await store.fold([sighting({ tenant, address: HOST })], 'a', MORNING);
      expect(result).toEqual({ created: 1, updated: 0, casesOpened: 1, casesReopened: 0 });
      const [finding] = (await listFindings(db, tenant)).rows;
      const { finding: judged, attribution } = sighting({ tenant, address: HOST });
      expect(finding).toMatchObject({
        kind: judged.kind,
        asset: judged.asset,
        because: judged.because,
        evidence: judged.evidence,
        count: 5,
        state: 'new',
        caseId: 'Y-1001',
        attribution,
        retractedAt: null,
      });
      expect((await listCases(db, tenant)).rows).toMatchObject([
        {
          id: 'Y-1001',
          tenant,
          constituentId: 'isp-a',
          asset: { kind: 'ip', value: HOST },
          state: 'open',
          severity: 'high',
          title: { ja: '感染のおそれのある機器（Mirai）', en: 'May be infected (Mirai)' },
          findings: 1,
          openedAt: MORNING,
          dueAt: MORNING + 3 * DAY,
          reopenCount: 0,
          kinds: ['infected-host'],
          channels: [],
        },
      ]);
      expect(await caseTimeline(db, tenant, 'Y-1001')).toMatchObject([{ at: MORNING, actor: 'system', what: 'opened' }]);
    });

    it('adds what feeds report once per token', async () => {
      const { db, tenant, store } = setup();
      const later = { firstSeenAt: MORNING + HOUR, lastSeenAt: MORNING + 2 * HOUR, count: 3 };
      await store.fold([sighting({ tenant, address: HOST })], 'a', MORNING);
      await store.fold([sighting({ tenant, address: HOST, finding: later })], 'b', MORNING);
      expect(await store.fold([sighting({ tenant, address: HOST, finding: later })], 'b', MORNING)).toEqual({
        created: 0,
        updated: 0,
        casesOpened: 0,
        casesReopened: 0,
      });
      expect(await allFindings(db, tenant)).toMatchObject([{ count: 8, firstSeenAt: MORNING, lastSeenAt: MORNING + 2 * HOUR }]);
    });

    it('replaces the share of a bucket that is judged again, under any token', async () => {
      const { db, tenant, store } = setup();
      const day = (bucket: string, count: number, lastSeenAt: number): AttributedFinding =>
        sighting({ tenant, address: HOST, finding: { bucket, count, lastSeenAt } });
      await store.fold([day(BUCKET, 5, MORNING + HOUR), day('telescope:main:2026-05-02', 7, MORNING + DAY)], 'a', MORNING);
      expect(await allFindings(db, tenant)).toMatchObject([{ count: 12 }]);
      await store.fold([day('telescope:main:2026-05-02', 2, MORNING + HOUR / 2)], 'b', MORNING);
      expect(await allFindings(db, tenant)).toMatchObject([{ count: 7, lastSeenAt: MORNING + HOUR }]);
      await store.fold([day('telescope:main:2026-05-02', 4, MORNING + 2 * HOUR)], 'b', MORNING);
      expect(await allFindings(db, tenant)).toMatchObject([{ count: 9, lastSeenAt: MORNING + 2 * HOUR }]);
    });

    it('withdraws shares that a second judgement does not confirm, and keeps the finding', async () => {
      const { db, tenant, store } = setup();
      const fed = sighting({ tenant, address: '192.0.2.3', finding: { count: 2 } });
      const seen = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => sighting({ tenant, address, finding: { bucket: BUCKET } }));
      await store.fold([fed, ...seen], 'a', MORNING);
      const [kept] = await allFindings(db, tenant);
      expect(kept?.asset.value).toBe('192.0.2.3');
      const host = draftFindings(seen.slice(0, 1))[0]?.fingerprint.toHex() ?? '';
      await store.retract(tenant, BUCKET, 'another-module', new Set());
      await store.retract(tenant, BUCKET, 'infected-host', new Set([host]));
      const counts = new Map((await allFindings(db, tenant)).map((one) => [one.asset.value, [one.count, one.retractedAt]]));
      expect(counts).toEqual(
        new Map([
          ['192.0.2.1', [5, null]],
          ['192.0.2.2', [0, MORNING + 60_000]],
          ['192.0.2.3', [2, null]],
        ]),
      );
      const [, retracted] = (await listCases(db, tenant, { q: '192.0.2.2' })).rows.concat(
        (await listCases(db, tenant, { q: '192.0.2.1' })).rows,
      );
      expect(await caseTimeline(db, tenant, retracted?.id ?? '')).toHaveLength(1);
      await store.fold([sighting({ tenant, address: '192.0.2.2', finding: { bucket: BUCKET, count: 1 } })], 'b', MORNING);
      expect((await listFindings(db, tenant, { q: '192.0.2.2' })).rows).toMatchObject([{ count: 1, retractedAt: null }]);
    });

    it('speaks with the words of the latest judgement and keeps the worst severity', async () => {
      const { db, tenant, store } = setup();
      const judge = (severity: Severity, lastSeenAt: number, en: string): AttributedFinding =>
        sighting({ tenant, address: HOST, finding: { severity, lastSeenAt, because: { ja: en, en } } });
      await store.fold([judge('medium', MORNING + HOUR, 'now')], 'a', MORNING);
      await store.fold([judge('critical', MORNING, 'before')], 'b', MORNING);
      expect(await allFindings(db, tenant)).toMatchObject([{ severity: 'critical', because: { en: 'now' } }]);
      expect((await listCases(db, tenant)).rows).toMatchObject([{ severity: 'critical', dueAt: MORNING + DAY }]);
    });

    it('keeps any text, null bytes aside, and refuses none', async () => {
      const { db, tenant, store } = setup();
      const because = { ja: '𠮷野家 "引用" \\ {1,2}', en: '\u001f\n\t{"NULL"}' };
      await store.fold(
        [sighting({ tenant, address: 'a{},"\\b.example', finding: { because, asset: { kind: 'fqdn', value: 'a{},"\\b.example' } } })],
        'a',
        MORNING,
      );
      expect(await allFindings(db, tenant)).toMatchObject([{ because, asset: { value: 'a{},"\\b.example' } }]);
    });

    it('keeps a sentence with gaps once and completes it for each finding', async () => {
      const { db, tenant, store } = setup();
      const because = { ja: '{asset} を確認しました（{time}）。', en: '{asset} was seen ({time}).' };
      const hosts = ['192.0.2.1', '192.0.2.2'];
      await store.fold(
        hosts.map((address) => sighting({ tenant, address, finding: { because } })),
        'a',
        MORNING,
      );
      await store.fold([sighting({ tenant, address: '192.0.2.2', finding: { because, lastSeenAt: MORNING + HOUR } })], 'b', MORNING);
      const found = await allFindings(db, tenant);
      expect(found.map((one) => one.because.en)).toEqual([
        '192.0.2.1 was seen (1 May 2026, 00:01 UTC).',
        '192.0.2.2 was seen (1 May 2026, 01:00 UTC).',
      ]);
      expect(found.map((one) => one.attribution.asOf)).toEqual([MORNING + 60_000, MORNING + HOUR]);
      const texts = await db.selectFrom('shared_text').select('content').where('tenant', '=', tenant).execute();
      expect(texts.filter(({ content }) => content.includes('{asset}'))).toHaveLength(1);
    });

    it('reads two thousand and more in one call', async () => {
      const { db, tenant, store } = setup();
      const batch = Array.from({ length: 2500 }, (_, n) => sighting({ tenant, address: addressOf(n) }));
      expect(await store.fold(batch, 'a', MORNING)).toMatchObject({ created: 2500, casesOpened: 2500 });
      expect(await store.fold(batch, 'b', MORNING)).toMatchObject({ created: 0, updated: 2500, casesOpened: 0 });
      expect(new Set((await allFindings(db, tenant)).map((one) => one.count))).toEqual(new Set([10]));
      const { rows } = await sql<{ ids: number; numbers: number }>`
        select count(distinct id) as ids, count(distinct case_number) as numbers from finding where tenant = ${tenant}`.execute(db);
      expect(rows).toEqual([{ ids: 2500, numbers: 2500 }]);
    });

    it('keeps two folds of one tenant apart', async () => {
      const { db, tenant, store } = setup();
      const hosts = Array.from({ length: 20 }, (_, n) => `198.51.100.${n}`);
      await Promise.all(
        hosts.map((address) => store.fold([sighting({ tenant, address }), sighting({ tenant, address: HOST })], address, MORNING)),
      );
      expect((await listFindings(db, tenant, { q: HOST })).rows).toMatchObject([{ count: 100 }]);
      expect((await listCases(db, tenant)).total).toBe(21);
    });
  });

  describe('cases', () => {
    it('groups the findings on one asset of one constituent and takes the title of the worst', async () => {
      const { db, tenant, store } = setup();
      const scan = { kind: 'scanner', identifier: 'ssh', severity: 'low' } as const;
      await store.fold([sighting({ tenant, address: HOST, finding: scan })], 'a', MORNING);
      await store.fold([sighting({ tenant, address: HOST })], 'b', MORNING + HOUR);
      const page = await listCases(db, tenant);
      expect(page.rows).toMatchObject([
        {
          findings: 2,
          severity: 'high',
          kinds: ['infected-host', 'scanner'],
          title: { en: 'May be infected (Mirai)' },
          dueAt: MORNING + HOUR + 3 * DAY,
        },
      ]);
      expect((await caseTimeline(db, tenant, 'Y-1001')).map((event) => [event.what, event.actor])).toEqual([
        ['opened', 'system'],
        ['finding-added', 'infected-host'],
      ]);
    });

    it('puts what has no responsible party into the queue of orphans', async () => {
      const { db, tenant, store } = setup();
      await store.fold([sighting({ tenant, address: HOST, constituent: null })], 'a', MORNING);
      expect((await listCases(db, tenant, { state: 'orphan' })).rows).toMatchObject([{ constituentId: null, state: 'orphan' }]);
    });

    it('opens none for knowledge that is nobody’s matter, until it becomes one', async () => {
      const { db, tenant, store } = setup();
      const info = { severity: 'info', firstSeenAt: MORNING - DAY } as const;
      await store.fold(
        [
          sighting({ tenant, address: HOST, finding: info }),
          sighting({ tenant, address: '192.0.2.9', finding: { kind: 'identified-device', severity: 'medium' } }),
        ],
        'a',
        MORNING,
      );
      expect((await listCases(db, tenant)).total).toBe(0);
      await store.fold([sighting({ tenant, address: HOST })], 'b', MORNING);
      expect((await listCases(db, tenant)).rows).toMatchObject([{ asset: { value: HOST }, firstSeenAt: MORNING - DAY }]);
    });

    it('gives an asset that changed hands a case with its new holder', async () => {
      const { db, tenant, store } = setup();
      await store.fold([sighting({ tenant, address: HOST })], 'a', MORNING);
      const later = { lastSeenAt: MORNING + DAY };
      await store.fold([sighting({ tenant, address: HOST, constituent: 'isp-b', finding: later })], 'b', MORNING + DAY);
      expect((await listCases(db, tenant, { constituent: 'isp-b' })).rows).toMatchObject([{ findings: 1, state: 'open' }]);
      expect((await caseTimeline(db, tenant, 'Y-1001')).map((event) => event.what)).toEqual(['opened', 'finding-moved']);
      const before = { lastSeenAt: MORNING - DAY };
      await store.fold([sighting({ tenant, address: HOST, finding: before })], 'c', MORNING + DAY);
      expect((await listFindings(db, tenant)).rows).toMatchObject([{ caseId: 'Y-1002', attribution: { constituentId: 'isp-b' } }]);
    });

    it('reopens a fixed case for what is seen after the fix, not for what was seen before', async () => {
      const { db, tenant, store } = setup();
      const at = (lastSeenAt: number): AttributedFinding => sighting({ tenant, address: HOST, finding: { lastSeenAt } });
      await store.fold([at(MORNING)], 'a', MORNING);
      await moveCase(db, tenant, 'Y-1001', 'verified_fixed', { reason: 're-checked', actor: 'analyst', at: MORNING + HOUR });
      expect(await store.fold([at(MORNING + HOUR / 2)], 'b', MORNING + DAY)).toMatchObject({ casesReopened: 0 });
      expect(await readCase(db, tenant, 'Y-1001')).toMatchObject({ state: 'verified_fixed' });
      expect(await store.fold([at(MORNING + 2 * HOUR)], 'c', MORNING + DAY)).toMatchObject({ casesReopened: 1, casesOpened: 0 });
      expect(await readCase(db, tenant, 'Y-1001')).toMatchObject({ state: 'reopened', reopenCount: 1, dueAt: MORNING + 4 * DAY });
      expect((await listFindings(db, tenant)).rows).toMatchObject([{ state: 'reopened' }]);
      expect((await caseTimeline(db, tenant, 'Y-1001')).map((event) => event.what)).toEqual(['opened', 'verified_fixed', 'reopened']);
    });

    it('reopens what was silent, and what was suppressed once that has ended', async () => {
      const { db, tenant, store } = setup();
      const at = (lastSeenAt: number): AttributedFinding => sighting({ tenant, address: HOST, finding: { lastSeenAt } });
      await store.fold([at(MORNING)], 'a', MORNING);
      await moveCase(db, tenant, 'Y-1001', 'unseen', { reason: 'silent for weeks', actor: 'system', at: MORNING + HOUR });
      expect(await store.fold([at(MORNING + 1)], 'b', MORNING + HOUR)).toMatchObject({ casesReopened: 1 });
      const suppression = { reason: 'a honeypot', actor: 'analyst', at: MORNING + HOUR, expiresAt: MORNING + DAY };
      await moveCase(db, tenant, 'Y-1001', 'suppressed', suppression);
      expect(await store.fold([at(MORNING + HOUR + 1)], 'c', MORNING + DAY - 1)).toMatchObject({ casesReopened: 0 });
      expect(await store.fold([at(MORNING + DAY)], 'd', MORNING + DAY)).toMatchObject({ casesReopened: 1 });
      expect(await readCase(db, tenant, 'Y-1001')).toMatchObject({ state: 'reopened', reopenCount: 2 });
    });
  });

  it(`comes to the same whatever the order, the splitting and the repetition (${ARRANGEMENTS.numRuns})`, async () => {
    const { db, store } = setup();
    await fc.assert(
      fc.asyncProperty(arrangements, async ({ atoms, order, cuts, repeats }) => {
        const [together, apart] = [newTenant(), newTenant()];
        await store.fold(
          atoms.map((atom) => toSighting(atom, together)),
          'all',
          MORNING,
        );
        const shuffled = order.map((n) => toSighting(atoms[n] as Atom, apart));
        const batches = split(shuffled, cuts).map((batch, n) => ({ batch, token: `batch-${n}` }));
        for (const { batch, token } of [...batches, ...repeats.map((n) => batches[n % batches.length] ?? batches[0])].filter(
          (one) => !!one,
        )) {
          await store.fold(batch, token, MORNING);
        }
        expect(await snapshot(db, apart)).toEqual(await snapshot(db, together));
      }),
      ARRANGEMENTS,
    );
  });
});

interface Atom {
  readonly host: number;
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly confidence: number;
  readonly seenAt: number;
  readonly length: number;
  readonly count: number;
  readonly bucket: number | null;
  readonly words: string;
}

const atom: fc.Arbitrary<Atom> = fc.record({
  host: fc.nat(3),
  kind: fc.constantFrom<FindingKind>('infected-host', 'scanner', 'identified-device'),
  severity: fc.constantFrom<Severity>('info', 'low', 'high', 'critical'),
  confidence: fc.constantFrom(50, 90),
  seenAt: fc.nat(4),
  length: fc.nat(3),
  count: fc.nat(9),
  bucket: fc.option(fc.nat(1)),
  words: fc.constantFrom('a', 'b', 'あ'),
});

/** A bucket says one thing about a finding: two would replace each other, and then order matters by design. */
const arrangements = fc
  .uniqueArray(atom, {
    minLength: 1,
    maxLength: 14,
    selector: (one) => (one.bucket === null ? {} : `${one.host}/${one.kind}/${one.bucket}`),
    comparator: (a, b) => a === b,
  })
  .chain((atoms) =>
    fc.record({
      atoms: fc.constant(atoms),
      order: fc.shuffledSubarray([...atoms.keys()], { minLength: atoms.length }),
      cuts: fc.array(fc.nat(atoms.length), { maxLength: 4 }),
      repeats: fc.array(fc.nat(9), { maxLength: 4 }),
    }),
  );

function split<T>(list: readonly T[], cuts: readonly number[]): T[][] {
  const borders = [0, ...[...cuts].sort((a, b) => a - b), list.length];
  return borders.slice(1).map((end, n) => list.slice(borders[n], end));
}

function toSighting(one: Atom, tenant: string): AttributedFinding {
  const firstSeenAt = MORNING + one.seenAt * HOUR;
  const finding: Partial<DetectedFinding> = {
    kind: one.kind,
    severity: one.severity,
    confidence: one.confidence,
    firstSeenAt,
    lastSeenAt: firstSeenAt + one.length * HOUR,
    count: one.count,
    bucket: one.bucket === null ? null : `bucket-${one.bucket}`,
    because: { ja: one.words, en: one.words },
  };
  return sighting({ tenant, address: `192.0.2.${one.host}`, constituent: one.host === 0 ? null : 'isp-a', finding });
}

/** Everything stored but for what depends on the order of arrival by design (ids and case numbers), and the tenant. */
async function snapshot(db: StateDatabase, tenant: string): Promise<unknown> {
  const findings = (await allFindings(db, tenant)).map(withoutFingerprint);
  const { rows } = await listCases(db, tenant, { limit: 100 });
  return { findings: findings.sort(byText), cases: rows.map(withoutId).sort(byText) };
}

const withoutFingerprint = ({ tenant: _tenant, fingerprint: _print, caseId, ...rest }: StoredFinding) => [rest, caseId !== null];
const withoutId = ({ tenant: _tenant, id: _id, ...rest }: CaseRow) => rest;
const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
