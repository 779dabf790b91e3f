import { describe, expect, it } from 'vitest';
import { cadenceOf, type HealthFacts, judgeHealth, lossShare, spanText } from './sensor-health.ts';

const NOW = Date.UTC(2026, 2, 14, 12);
const MINUTE = 60_000;
const quiet = { received: 60_000, dropped: 0, malformed: 0, withoutTemplate: 0, skewMs: null, losses: [] };
const facts = (more: Partial<HealthFacts> = {}): HealthFacts => ({
  now: NOW,
  kind: 'flow',
  lastAt: NOW - MINUTE,
  cadenceSeconds: 300,
  isCadenceStated: false,
  isLive: true,
  figures: quiet,
  exporters: { total: 1, silent: 0 },
  ...more,
});

describe('the health of a sensor', () => {
  it('is healthy while it is heard of and nothing is missing', () => {
    expect(judgeHealth(facts())).toEqual({
      state: 'healthy',
      reason: { ja: '直近1時間、届いたものに欠けはありません。', en: 'Nothing went missing in the last hour.' },
    });
    expect(judgeHealth(facts({ figures: { ...quiet, received: 0 } })).state).toBe('healthy');
  });

  it('is silent after twice its cadence, not before', () => {
    expect(judgeHealth(facts({ lastAt: NOW - 11 * MINUTE })).state).toBe('healthy');
    expect(judgeHealth(facts({ lastAt: NOW - 21 * MINUTE }))).toEqual({
      state: 'silent',
      reason: { ja: '20分間、何も届いていません。', en: 'Nothing has arrived for 20 minutes.' },
    });
  });

  it('cannot be told for files, unless somebody stated a cadence', () => {
    const byFile = { isLive: false, figures: null, lastAt: NOW - 10 * 86_400_000, kind: 'telescope' } as const;
    expect(judgeHealth(facts(byFile))).toMatchObject({ state: 'unknown', reason: { en: expect.stringContaining('2026-03-04') } });
    expect(judgeHealth(facts({ ...byFile, isCadenceStated: true })).state).toBe('silent');
    expect(judgeHealth(facts({ ...byFile, lastAt: null })).reason.en).toBe('Nothing has arrived yet.');
    expect(judgeHealth(facts({ ...byFile, lastAt: NOW - 3 * MINUTE })).reason.en).toBe('The newest data is 3 minutes old.');
  });

  it('names each loss in its own unit', () => {
    const losses = [
      { unit: 'flow', lost: 40, counted: 960 },
      { unit: 'datagram', lost: 0, counted: 60_000 },
    ];
    expect(judgeHealth(facts({ figures: { ...quiet, losses } }))).toEqual({
      state: 'degraded',
      reason: {
        ja: '直近1時間にフローの4.0%が途中で失われました。',
        en: '4.0% of the flows were lost on the way in the last hour.',
      },
    });
  });

  it('is degraded by drops, missing templates, malformed data, a wrong clock and silent exporters', () => {
    const { state, reason } = judgeHealth(
      facts({
        figures: { ...quiet, dropped: 600, withoutTemplate: 700, malformed: 700, skewMs: { low: 61_500, high: 90_000 } },
        exporters: { total: 3, silent: 1 },
      }),
    );
    expect(state).toBe('degraded');
    expect(reason.en).toBe(
      '1 of 3 exporters is silent. This machine dropped 1.0%. Some data cannot be read because its template never came. 1.2% is malformed and cannot be read. Its clock is off by at least 61 seconds.',
    );
  });
});

it('has a cadence of its own for each kind, until somebody states one', () => {
  expect([cadenceOf(null, 'telescope'), cadenceOf(60, 'telescope'), cadenceOf(null, 'feed')]).toEqual([300, 60, 86_400]);
});

it('says spans in whole units', () => {
  expect([spanText(1).en, spanText(59.9 * MINUTE).en, spanText(60 * MINUTE).ja, spanText(49 * 60 * MINUTE).en]).toEqual([
    '1 minute',
    '59 minutes',
    '1時間',
    '2 days',
  ]);
  expect(lossShare({ lost: 0, counted: 0 })).toBe(0);
});
