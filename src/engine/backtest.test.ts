/** A trial on the past is compared with judging twice and laying the results side by side. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type DetectedFinding, fingerprintText, SEVERITIES, type Severity } from '../domain/finding.ts';
import type { ScanningSourceRow, Sensor } from '../domain/question.ts';
import { runBacktest } from './backtest.ts';
import { type Detector, defineDetector } from './modules.ts';
import type { TelescopeReader } from './ports.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 5, 1);

interface Limits {
  readonly least: number;
  readonly grave: number;
}

/** Names a source from `least` packets on and calls it grave from `grave` on. */
const rule = defineDetector<'scanning-sources', Limits>({
  id: 'test-rule',
  version: 1,
  title: { ja: '試験', en: 'Test' },
  description: { ja: '試験用です。', en: 'For tests.' },
  question: 'scanning-sources',
  settings: z.strictObject({ least: z.number(), grave: z.number() }),
  judge: (row, { least, grave }, { tenant, bucket }) =>
    row.packets < least ? [] : [toFinding(row, row.packets >= grave ? 'high' : 'low', tenant, bucket)],
}) as unknown as Detector;

function toFinding(row: ScanningSourceRow, severity: Severity, tenant: string, bucket: string): DetectedFinding {
  return {
    tenant,
    kind: 'scanner',
    identifier: 'test',
    asset: { kind: 'ip', value: row.source },
    port: null,
    transport: null,
    role: 'source',
    classification: { taxonomy: 'information-gathering', type: 'scanner' },
    severity,
    confidence: 50,
    firstSeenAt: row.firstSeenAt,
    lastSeenAt: row.lastSeenAt,
    count: row.packets,
    sourcePort: null,
    because: { ja: '', en: '' },
    evidence: { rule: { id: 'test-rule', version: 1, parameters: {} }, facts: {}, sensors: [] },
    origin: { module: 'test-rule' },
    bucket,
  };
}

interface Seen {
  readonly day: number;
  readonly sensor: string;
  readonly source: string;
  readonly packets: number;
}

/** A store that holds just this. */
function storeOf(seen: readonly Seen[]): TelescopeReader {
  return {
    async *ask(question: string, { sensor, from }: { sensor: string; from: number }) {
      if (question !== 'scanning-sources') return;
      const rows = seen.filter((one) => one.sensor === sensor && START + one.day * DAY === from);
      yield rows.map(({ source, packets }) => ({ source, packets, firstSeenAt: from, lastSeenAt: from }));
    },
  } as unknown as TelescopeReader;
}

const sensorAt = (id: string): Sensor => ({ id, title: id, addresses: 256 });

function trial(seen: readonly Seen[], present: Limits, proposed: Limits, days = 3, signal = new AbortController().signal) {
  const progress: number[] = [];
  const question = { tenant: 'main', detector: rule, present, proposed, sensors: ['a', 'b'], from: START, to: START + days * DAY };
  const done = runBacktest(question, { telemetry: storeOf(seen), sensorAt, signal, progress: (state) => progress.push(state.done) });
  return { done, progress };
}

const seenArbitrary = fc.array(
  fc.record({
    day: fc.integer({ min: 0, max: 2 }),
    sensor: fc.constantFrom('a', 'b'),
    source: fc.integer({ min: 1, max: 12 }).map((n) => `192.0.2.${n}`),
    packets: fc.integer({ min: 1, max: 100 }),
  }),
  { maxLength: 60 },
);
const limitsArbitrary = fc.record({ least: fc.integer({ min: 1, max: 100 }), grave: fc.integer({ min: 1, max: 100 }) });

/** The straight way: all findings of one side, worst severity each. */
function judgeAll(seen: readonly Seen[], { least, grave }: Limits): Map<string, number> {
  const found = new Map<string, number>();
  for (const { source, packets } of seen) {
    if (packets < least) continue;
    const key = fingerprintText({
      tenant: 'main',
      kind: 'scanner',
      identifier: 'test',
      asset: { kind: 'ip', value: source },
      port: null,
      transport: null,
    });
    found.set(key, Math.max(found.get(key) ?? -1, SEVERITIES.indexOf(packets >= grave ? 'high' : 'low')));
  }
  return found;
}

describe('a trial on the past', () => {
  it('says what judging twice would have said, for any observations and settings', async () => {
    await fc.assert(
      fc.asyncProperty(seenArbitrary, limitsArbitrary, limitsArbitrary, async (seen, present, proposed) => {
        const { counts, judged, samples, isWhole } = await trial(seen, present, proposed).done;
        const [before, after] = [judgeAll(seen, present), judgeAll(seen, proposed)];
        const both = [...before].filter(([key]) => after.has(key));
        const unchanged = both.filter(([key, rank]) => after.get(key) === rank).length;
        const raised = both.filter(([key, rank]) => (after.get(key) ?? 0) > rank).length;
        expect({ judged, isWhole, ...counts }).toEqual({
          judged: seen.length,
          isWhole: true,
          present: before.size,
          proposed: after.size,
          added: after.size - both.length,
          lost: before.size - both.length,
          unchanged,
          raised,
          lowered: both.length - unchanged - raised,
        });
        expect(samples.added).toHaveLength(counts.added);
        expect(samples.lost).toHaveLength(counts.lost);
        expect(samples.changed).toHaveLength(counts.raised + counts.lowered);
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  it('with the settings in force changes nothing', async () => {
    const seen = [{ day: 0, sensor: 'a', source: '192.0.2.1', packets: 50 }];
    const { counts } = await trial(seen, { least: 5, grave: 20 }, { least: 5, grave: 20 }).done;
    expect(counts).toMatchObject({ present: 1, proposed: 1, added: 0, lost: 0, unchanged: 1 });
  });

  it('says how far it is, sensor day by sensor day', async () => {
    const { done, progress } = trial([], { least: 1, grave: 1 }, { least: 2, grave: 2 });
    await done;
    expect(progress).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('ends when nobody listens any more, and refuses more days than it can look at', async () => {
    const ended = new AbortController();
    ended.abort(new Error('gone'));
    const seen = [{ day: 0, sensor: 'a', source: '192.0.2.1', packets: 50 }];
    await expect(trial(seen, { least: 1, grave: 1 }, { least: 1, grave: 1 }, 3, ended.signal).done).rejects.toThrow('gone');
    await expect(trial([], { least: 1, grave: 1 }, { least: 1, grave: 1 }, 300).done).rejects.toThrow('600 days of sensors');
  });
});
