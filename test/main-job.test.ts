/**
 * The main job on real input, through the real program: captures and reports in,
 * findings and cases out.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestReport } from '../src/engine/pipeline.ts';
import type { Finding } from '../src/server/contract.ts';
import { temporaryFolder, yaguraJson } from './support/command-line.ts';
import { emptyData } from './support/empty-data.ts';
import { hasSharedData, sharedData } from './support/shared-data.ts';

const rows = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe.skipIf(!hasSharedData)('Shadowserver reports', () => {
  const folder = hasSharedData ? sharedData('events', 'shadowserver-csv') : '';
  const files = hasSharedData ? readdirSync(folder).filter((name) => name.endsWith('.csv')) : [];

  it('come out as the IntelMQ events that IntelMQ itself makes of them, field by field', async () => {
    const data = emptyData(temporaryFolder());
    const paths = files.map((name) => join(folder, name));
    const reports = await yaguraJson<IngestReport>('ingest', ...paths, '--data', data, '--json');
    expect(reports.map((report) => report.collector)).toEqual(files.map(() => 'shadowserver'));
    expect(reports.filter((report) => report.quarantined > 0)).toEqual([]);
    const events = await yaguraJson<Record<string, unknown>>('findings', '--format', 'intelmq', '--data', data);
    const golden = files.flatMap((name) => {
      const file = join(folder, name.replace(/\.csv$/, '.expected.jsonl'));
      return readdirSync(folder).includes(name.replace(/\.csv$/, '.expected.jsonl')) ? rows(file) : [];
    });
    const drifted = files.filter((name) => !readdirSync(folder).includes(name.replace(/\.csv$/, '.expected.jsonl')));
    const driftedRecords = reports
      .filter((report) => drifted.some((name) => report.file.endsWith(name)))
      .reduce((sum, report) => sum + report.accepted, 0);
    expect(drifted.length).toBeGreaterThan(0);
    expect(events).toHaveLength(golden.length + driftedRecords);
    const left = new Map<string, number>();
    for (const event of events) count(left, withoutDayOfReading(event), 1);
    for (const event of golden) count(left, withoutDayOfReading(event), -1);
    const missing = [...left].filter(([, n]) => n < 0).map(([event]) => JSON.parse(event) as unknown);
    expect(missing).toEqual([]);
  }, 120_000);
});

function count(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/**
 * `time.observation` is when the hub took the file. IntelMQ reads an empty date as the
 * midnight of that day, so such a date is as old as the reading, here and in what is expected.
 */
function withoutDayOfReading(event: Readonly<Record<string, unknown>>): string {
  const { 'time.observation': observed, ...rest } = event;
  const midnight = `${String(observed).slice(0, 10)}T00:00:00+00:00`;
  const entries = Object.entries(rest).map(([key, value]) => [key, value === midnight ? 'midnight of the reading' : value] as const);
  return JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))));
}

describe.skipIf(!hasSharedData)('the darknet capture with planted sources', () => {
  const data = emptyData(mkdtempSync(join(tmpdir(), 'yagura-darknet-')));
  afterAll(() => rmSync(data, { recursive: true, force: true }));
  let findings: Finding[] = [];
  let truth: { sources: Record<string, string[]>; class_sources: Record<string, number> };

  beforeAll(async () => {
    if (!hasSharedData) return;
    const capture = sharedData('telemetry', 'darknet-synthetic', 'darknet_seed1.pcap');
    truth = JSON.parse(readFileSync(sharedData('telemetry', 'darknet-synthetic', 'darknet_seed1.truth.json'), 'utf8')) as typeof truth;
    const [report] = await yaguraJson<IngestReport>('ingest', capture, '--data', data, '--json');
    expect(report).toMatchObject({ collector: 'pcap', records: 30_000, accepted: 30_000, quarantined: 0 });
    const [again] = await yaguraJson<IngestReport>('ingest', capture, '--data', data, '--json');
    expect(again).toMatchObject({ records: 30_000, alreadyTaken: true });
    findings = await yaguraJson<Finding>('findings', '--data', data, '--json');
  }, 120_000);

  const addresses = (kind: string): string[] =>
    findings
      .filter((finding) => finding.kind === kind)
      .map((finding) => finding.asset.value)
      .sort();

  it('misses no planted Mirai source and invents none', () => {
    expect(addresses('infected-host')).toEqual([...(truth.sources['mirai'] ?? [])].sort());
  });

  it('tells telnet scanners without the mark apart from Mirai', () => {
    const mirai = new Set(truth.sources['mirai']);
    expect(addresses('telnet-scanner').filter((address) => mirai.has(address))).toEqual([]);
  });

  it('names the tool of every large Masscan and ZMap source', () => {
    const tools = new Map(
      findings.filter((finding) => finding.kind === 'scanner').map((finding) => [finding.asset.value, finding.identifier]),
    );
    for (const tool of ['masscan', 'zmap']) {
      const planted = truth.sources[tool] ?? [];
      const named = planted.filter((address) => tools.get(address) === tool);
      expect(named.length, tool).toBeGreaterThanOrEqual(Math.ceil(planted.length * 0.7));
    }
    const invented = [...tools].filter(([address, tool]) => ['masscan', 'zmap'].includes(tool) && !truth.sources[tool]?.includes(address));
    expect(invented).toEqual([]);
  });

  it('takes victims of floods for victims only', () => {
    const planted = new Set(Object.entries(truth.sources).flatMap(([name, list]) => (name.startsWith('bs_') ? list : [])));
    const victims = addresses('dos-victim');
    expect(victims.length).toBeGreaterThan(0);
    expect(victims.filter((address) => !planted.has(address))).toEqual([]);
    for (const kind of ['infected-host', 'scanner', 'telnet-scanner'])
      expect(addresses(kind).filter((address) => planted.has(address))).toEqual([]);
  });
});
