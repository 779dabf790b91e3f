/** An explanation says everything in both languages whatever the evidence holds, and never more than it holds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FINDING_KINDS, SEVERITIES } from '../domain/finding.ts';
import type { Advice } from '../domain/notice.ts';
import { explain } from './explain.ts';
import { planPicture, sentenceOfPicture } from './picture.ts';
import { describeQuality } from './quality.ts';
import type { Subject } from './subject.ts';

const AT = Date.UTC(2026, 5, 3, 18, 2);
const MINUTE = 60_000;
const ADVICE: Advice = {
  kind: 'infected-host',
  title: { ja: '題', en: 'Title' },
  summary: { ja: '要約', en: 'Summary' },
  risk: { ja: '危険', en: 'Risk' },
  steps: [{ ja: '手順', en: 'Step' }],
};
const TITLE = { ja: '感染のおそれのある機器', en: 'May be infected' };

const subject = (change: Partial<Subject> = {}, facts: Readonly<Record<string, unknown>> = {}): Subject => ({
  tenant: 'main',
  kind: 'infected-host',
  identifier: 'mirai',
  asset: { kind: 'ip', value: '192.0.2.7' },
  port: null,
  transport: 'tcp',
  role: 'source',
  severity: 'high',
  confidence: 90,
  state: 'new',
  firstSeenAt: AT,
  lastSeenAt: AT + 200 * MINUTE,
  count: 1190,
  sourcePort: 40_000,
  because: { ja: '理由です。', en: 'Because.' },
  evidence: { rule: { id: 'infected-host', version: 1, parameters: {} }, facts, sensors: ['hinomi-1'] },
  origin: { module: 'infected-host' },
  constituent: null,
  ...change,
});

const MARKED = {
  packets: 1190,
  targets: 800,
  markedPackets: 1190,
  agreement: 1,
  minutes: 188,
  chanceOfAll: '2^-38080',
  distinctPorts: 2,
  couldBeForged: false,
};

/** Every text of an explanation, with where it stands. */
function textsOf(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsOf(inner, `${path}.${key}`));
}

const JAPANESE = /[\u3041-\u30ff\u4e00-\u9fff]/;

describe('an explanation', () => {
  it('names the reasons of an infected host in order, with their figures', () => {
    const told = explain(subject({}, MARKED), TITLE, ADVICE);
    expect(told.heading.en).toBe('We think this device is infected');
    expect(told.saw[0]?.title.en).toBe('1,190 packets reached about 800 unused addresses');
    expect(told.why.map(({ title }) => title.en)).toEqual([
      'The way it sends matches known unwanted software',
      'It kept on in 188 different minutes',
    ]);
    expect(told.why[0]?.text.en).toContain('2^-38080');
    expect(told.doubts.map(({ title }) => title.en)).toEqual([
      'A security research body',
      'A forged source address',
      'Somebody else behind the same address',
    ]);
    expect(told.unseen.at(-1)?.en).toContain('which does not mean safe');
  });

  it('decides nothing from packets that could be forged', () => {
    const told = explain(
      subject({ severity: 'info', confidence: 40 }, { ...MARKED, packets: 1, markedPackets: 1, couldBeForged: true }),
      TITLE,
      ADVICE,
    );
    expect(told.heading.en).toBe('We cannot say yet whether this device is infected');
    expect(told.confidence.words.en).toMatch(/^There is little to go by/);
    expect(told.doubts[1]?.text.en).toMatch(/^Only 1 packet came/);
  });

  it('never calls a victim infected', () => {
    const victim = subject({ kind: 'dos-victim', identifier: 'syn-flood', role: 'victim' }, { packets: 500, targets: 300 });
    const said = JSON.stringify(explain(victim, TITLE, ADVICE));
    expect(said).toContain('This is no infection');
    expect(said).not.toMatch(/is infected|感染していると/);
  });

  it('says of a feed that it is not our own observation', () => {
    const told = explain(
      subject({ kind: 'exposed-service', origin: { module: 'shadowserver', feed: 'shadowserver', report: 'scan_telnet' } }),
      TITLE,
      ADVICE,
    );
    expect(told.saw[0]?.text.en).toContain('We did not observe it ourselves');
    expect(told.heading.en).toBe('Reported to us: May be infected');
  });

  it('is whole in both languages for every kind and whatever the facts hold', () => {
    const facts = fc.dictionary(
      fc.constantFrom(
        'packets',
        'targets',
        'areTargetsALowerBound',
        'markedPackets',
        'agreement',
        'minutes',
        'chanceOfAll',
        'tool',
        'knownScanner',
        'intervals',
        'estimatedPeak',
        'sensorAddresses',
        'slowestVisiblePacketsPerSecond',
        'internetWidePacketsPerSecond',
        'distinctPorts',
        'couldBeForged',
        'telnetPackets',
        'intervalCount',
      ),
      fc.anything({ maxDepth: 2 }),
    );
    const any = fc.record({
      kind: fc.constantFrom(...FINDING_KINDS),
      severity: fc.constantFrom(...SEVERITIES),
      confidence: fc.integer({ min: 0, max: 100 }),
      count: fc.integer({ min: 1, max: 1e9 }),
      span: fc.integer({ min: 0, max: 40 * 86_400_000 }),
      isFeed: fc.boolean(),
      facts,
    });
    fc.assert(
      fc.property(any, ({ kind, severity, confidence, count, span, isFeed, facts: given }) => {
        const origin = isFeed ? { module: 'shadowserver', feed: 'shadowserver' } : { module: 'infected-host' };
        const told = explain(subject({ kind, severity, confidence, count, origin, lastSeenAt: AT + span }, given), TITLE, ADVICE);
        for (const [path, text] of textsOf(told)) {
          expect(text.trim(), path).not.toBe('');
          expect(text, path).not.toMatch(/undefined|NaN|\[object/);
          if (path.endsWith('.ja')) expect(text, path).toMatch(JAPANESE);
        }
        expect(told.saw.length).toBeGreaterThan(0);
        expect(told.doubts.length).toBeGreaterThan(0);
        expect(told.unseen.length).toBeGreaterThan(0);
      }),
      { numRuns: 200, seed: 1 },
    );
  });
});

describe('the picture of a finding', () => {
  it('covers the whole finding in at most so many steps, or says that it does not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 * 86_400_000 }), (span) => {
        const plan = planPicture(subject({ lastSeenAt: AT + span }));
        expect(plan).not.toBeNull();
        if (!plan) return;
        expect((plan.to - plan.from) / 1000 / plan.stepSeconds).toBeLessThanOrEqual(122);
        expect(plan.to).toBeGreaterThan(AT + span);
        expect(plan.isWhole).toBe(plan.from <= AT);
        expect(plan.from % (plan.stepSeconds * 1000)).toBe(0);
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('is none for a report, and of a flood only its answers', () => {
    expect(planPicture(subject({ origin: { module: 'shadowserver', feed: 'shadowserver' } }))).toBeNull();
    expect(planPicture(subject({ asset: { kind: 'fqdn', value: 'host.example' } }))).toBeNull();
    expect(planPicture(subject({ kind: 'dos-victim' }))).toMatchObject({ kind: 'flood', only: 'backscatter' });
    expect(planPicture(subject({ kind: 'scanner' }))).toMatchObject({ kind: 'footprint', except: 'backscatter' });
  });

  it('says so when nothing is left to draw', () => {
    expect(sentenceOfPicture('activity', { from: AT, stepSeconds: 60, ports: [], steps: [] }).en).toContain('no longer kept');
  });
});

describe('the quality of the data', () => {
  const period = { from: AT, to: AT + 100 * MINUTE };
  const sensor = (gaps: readonly { from: number; to: number }[] | null) => ({
    id: 'a',
    title: { ja: 'あ', en: 'A' },
    addresses: 256,
    gaps,
    origins: [],
  });
  const quality = (gaps: readonly { from: number; to: number }[] | null, keptSince: number | null = null) =>
    describeQuality({ period, feed: null, sensors: [sensor(gaps)], keptSince });

  it('is complete without a gap, a loss or anything erased', () => {
    expect(quality([])).toMatchObject({ isComplete: true, watchedShare: 1, gaps: [] });
  });

  it('counts a gap, and says that its figures are unknown', () => {
    const { isComplete, watchedShare, notes } = quality([{ from: AT + 10 * MINUTE, to: AT + 35 * MINUTE }]);
    expect({ isComplete, watchedShare }).toEqual({ isComplete: false, watchedShare: 0.75 });
    expect(notes[0]?.en).toBe('Nobody watched for 25 minutes (25%) of this period: figures there are unknown, not zero.');
  });

  it('cannot say what it does not know', () => {
    expect(quality(null)).toMatchObject({ isComplete: false, watchedShare: null, gaps: [] });
  });

  it('says since when single observations are kept', () => {
    expect(quality([], Date.UTC(2026, 5, 3)).notes.at(-1)?.en).toContain('2026-06-03');
  });

  it('is a gap only when no sensor watched', () => {
    const one = sensor([{ from: AT, to: AT + 50 * MINUTE }]);
    const other = { ...sensor([{ from: AT + 40 * MINUTE, to: AT + 60 * MINUTE }]), id: 'b' };
    const { gaps } = describeQuality({ period, feed: null, sensors: [one, other], keptSince: null });
    expect(gaps).toEqual([{ from: AT + 40 * MINUTE, to: AT + 50 * MINUTE }]);
  });
});
