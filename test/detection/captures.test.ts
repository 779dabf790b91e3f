/**
 * Every real capture with what is known of it: what we raise is exactly what its label
 * expects, and the table in docs/detection-captures.md says the same.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FlowRow } from '../../src/store/telemetry/fixtures/flow-columns.ts';
import { flowsOfBinetflow, flowsOfCapture } from '../support/real-flows.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { type CapturedPacket, destinationsOf, readPackets, writeCapture } from './capture-file.ts';
import { type CommandChannel, commandChannels } from './command-channels.ts';
import { type Detection, type Judged, keyOf, openDetection } from './detection.ts';
import { LABELS, type Label } from './labels.ts';
import { oneWay } from './one-way.ts';
import { expectOnPage, toTable } from './page.ts';

interface Outcome {
  readonly folder: string;
  readonly file: string;
  readonly label: Label;
  readonly records: number;
  readonly addresses: number;
  readonly all: readonly Judged[] | undefined;
  readonly unanswered: readonly Judged[] | undefined;
  readonly channels: readonly CommandChannel[] | undefined;
}

const captures = Object.entries(LABELS).flatMap(([folder, files]) =>
  Object.entries(files).map(([file, label]) => ({ folder, file, label, title: `${folder}/${file}` })),
);
let detection: Detection;

async function judgeCapture(path: string): Promise<Pick<Outcome, 'records' | 'addresses' | 'all' | 'unanswered'>> {
  const packets = await readPackets(path);
  const addresses = destinationsOf(packets).size;
  const all = await detection.judge([path], addresses);
  return { records: packets.length, addresses, all, unanswered: await judgeOneWay(packets, all) };
}

async function judgeOneWay(packets: readonly CapturedPacket[], all: readonly Judged[]): Promise<readonly Judged[]> {
  const rest = oneWay(packets);
  if (rest.length === 0) return [];
  if (rest.length === packets.length) return all;
  return detection.judge([writeCapture(join(detection.folder, 'one-way.pcap'), rest)], destinationsOf(rest).size);
}

async function lookAt(folder: string, file: string, label: Label): Promise<Outcome> {
  const path = sharedData('telemetry', folder, file);
  const isText = file.endsWith('.binetflow');
  const flows: FlowRow[] = isText ? flowsOfBinetflow(path) : await flowsOfCapture(path);
  const judged = isText ? { records: flows.length, addresses: 0, all: undefined, unanswered: undefined } : await judgeCapture(path);
  const channels = label.infected ? await commandChannels(detection.telemetry, flows, label.infected) : undefined;
  return { folder, file, label, ...judged, channels };
}

const names = (findings: readonly Judged[] | undefined): string[] => (findings ?? []).map((one) => keyOf(one).trim());
const said = (rows: readonly string[]): string => (rows.length === 0 ? 'nothing' : rows.join('<br>'));
const sayFindings = (findings: readonly Judged[] | undefined): string =>
  findings ? said(findings.map((one) => `${one.asset}: ${one.kind}, ${one.count} packets`)) : '–';
const sayChannels = (channels: Outcome['channels']): string =>
  channels ? said(channels.map(({ server, score, isAllowListed }) => `${server}, ${score}${isAllowListed ? ' (popular)' : ''}`)) : '–';

const HEAD = ['file', 'known', 'records', 'addresses', 'as a telescope', 'one-way only', 'C&C servers', 'what is not raised, and why'];
const toRow = ({ file, label, records, addresses, all, unanswered, channels }: Outcome): (string | number)[] => [
  file.replaceAll('__', ': '),
  label.known,
  records.toLocaleString('en-US'),
  all ? addresses : '–',
  sayFindings(all),
  sayFindings(unanswered),
  sayChannels(channels),
  label.why,
];

describe.skipIf(!hasSharedData)('real captures', () => {
  const outcomes: Outcome[] = [];

  beforeAll(async () => {
    detection = await openDetection();
  });
  afterAll(() => detection.close());

  it('have a label each', () => {
    for (const [folder, files] of Object.entries(LABELS)) {
      const expected = JSON.parse(readFileSync(sharedData('telemetry', folder, 'expected.json'), 'utf8')) as object;
      expect(Object.keys(files).sort()).toEqual(Object.keys(expected).sort());
      expect(readdirSync(sharedData('telemetry', folder))).toEqual(expect.arrayContaining(Object.keys(files)));
    }
  });

  it.each(captures)('$title', async ({ folder, file, label }) => {
    const outcome = await lookAt(folder, file, label);
    outcomes.push(outcome);
    expect(names(outcome.all)).toEqual(label.asTelescope ?? []);
    expect(names(outcome.unanswered)).toEqual(label.oneWay ?? []);
    const named = (outcome.channels ?? []).filter(({ isAllowListed }) => !isAllowListed);
    expect(named.map(({ server }) => server)).toEqual(label.channels ?? []);
  });

  it('of ordinary traffic raise nothing', () => {
    const ordinary = outcomes.filter(({ folder }) => folder === 'normal');
    expect(ordinary).toHaveLength(8);
    expect(ordinary.flatMap(({ all, unanswered, channels }) => [...names(all), ...names(unanswered), ...(channels ?? [])])).toEqual([]);
  });

  it('show servers without a rhythm once somebody names them', async () => {
    const flows = await flowsOfCapture(sharedData('telemetry', 'malware', 'nDPI__malware.pcap'));
    const named = ['67.215.92.210', '193.109.85.123'];
    const found = await commandChannels(detection.telemetry, flows, [], named);
    expect(found.map(({ server }) => server).sort()).toEqual(['193.109.85.123:443', '67.215.92.210:443', '67.215.92.210:80']);
  });

  it('are told of in the documentation as they came out', () => {
    const folders = Map.groupBy(outcomes, ({ folder }) => folder);
    const parts = [...folders].map(([folder, rows]) => `### ${folder}\n\n${toTable(HEAD, rows.map(toRow))}`);
    expectOnPage('captures', `\n${parts.join('\n')}\n`);
  });
});
