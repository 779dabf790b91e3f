/** Of what comes in, just the hosts of registered ranges are asked for; what fails is asked for again. */
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../domain/address.ts';
import type { Attribution, Attributor, Constituent } from '../domain/constituent.ts';
import type { HostHour, OwnRangeShare } from '../domain/own-range.ts';
import type { ColumnBatch } from '../domain/telemetry-table.ts';
import { createLog } from '../engine/log.ts';
import { type HoursQuestion, OwnRangeWatch, toShares } from './watch.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 5, 17, 12);

const umibe: Constituent = {
  id: 'umibe',
  name: { ja: '海辺市', en: 'Umibe City' },
  kind: 'municipality',
  language: 'ja',
  contact: { mail: [], letter: null },
  resources: [{ kind: 'prefix', value: '192.0.2.0/24', validFrom: null, validTo: null }],
};

const attributor: Attributor = {
  attribute: ({ value }, at): Attribution => {
    const isOurs = value.startsWith('192.0.2.');
    const network = { asn: null, asName: null, country: null, tableDate: null };
    if (isOurs) return { constituentId: 'umibe', via: 'constituent-prefix', resource: '192.0.2.0/24', asOf: at, confidence: 95, network };
    return { constituentId: 'isp', via: 'constituent-asn', resource: '64496', asOf: at, confidence: 80, network };
  },
  network: () => ({ asn: null, asName: null, country: null, tableDate: null }),
  networkColumns: (_, rows) => ({ asn: new Uint32Array(rows), country: { dictionary: [''], codes: new Uint8Array(rows) } }),
};

function batchOf(rows: readonly { source: string; at: number }[], sensor = 'north'): ColumnBatch {
  const source = new Uint8Array(rows.length * 16);
  rows.forEach((row, i) => source.set(parseAddress(row.source) ?? new Uint8Array(16), i * 16));
  const minute = Uint32Array.from(rows, ({ at }) => Math.floor(at / 60_000) * 60);
  return {
    table: 'telescope_minute',
    rows: rows.length,
    columns: { source, minute, sensor: { dictionary: [sensor], codes: new Uint8Array(rows.length) } },
  };
}

const hourOf = (host: string, over: Partial<HostHour> = {}): HostHour => ({
  host,
  sensor: 'north',
  isBackscatter: false,
  hour: T0,
  packets: 5,
  targetBits: '000000000000001f',
  firstSeenAt: T0,
  lastSeenAt: T0 + 60_000,
  ports: [],
  ...over,
});

async function watchOf(isFailing: () => boolean = () => false) {
  const asked: HoursQuestion[] = [];
  const applied: OwnRangeShare[] = [];
  let mark: number | null = null;
  const watch = new OwnRangeWatch({
    tenant: 'main',
    readHours: async (question) => {
      asked.push(question);
      return (question.hosts ?? []).map((host) => hourOf(host));
    },
    attributor: () => attributor,
    constituents: async () => [umibe],
    switchedOff: async () => new Set(),
    ownSensors: async () => new Map(),
    apply: async (shares) => {
      if (isFailing()) throw new Error('the store is away');
      applied.push(...shares);
      return { raised: shares.length, changed: shares.length };
    },
    announce: () => undefined,
    now: () => T0,
    readMark: async () => mark,
    writeMark: async (at) => {
      mark = at;
    },
    log: createLog('silent'),
  });
  await watch.refresh();
  return { watch, asked, applied };
}

describe('the watch', () => {
  it('asks for hosts of the ranges only, once per sensor and hour', async () => {
    const { watch, asked, applied } = await watchOf();
    const sources = ['192.0.2.7', '198.51.100.9', '192.0.2.7', '192.0.2.8'].map((source) => ({ source, at: T0 + 1000 }));
    watch.observe('main', [batchOf(sources), batchOf([{ source: '192.0.2.7', at: T0 + HOUR }], 'south')]);
    watch.observe('other', [batchOf([{ source: '192.0.2.9', at: T0 }])]);
    await watch.look();
    await watch.look();
    expect(asked.map(({ sensor, from, hosts }) => ({ sensor, from, hosts }))).toEqual([
      { sensor: 'north', from: T0, hosts: ['192.0.2.7', '192.0.2.8'] },
      { sensor: 'south', from: T0 + HOUR, hosts: ['192.0.2.7'] },
    ]);
    expect(applied.map(({ host }) => host)).toEqual(['192.0.2.7', '192.0.2.8', '192.0.2.7']);
  });

  it('asks again for what could not be written', async () => {
    let isAway = true;
    const { watch, applied } = await watchOf(() => isAway);
    watch.observe('main', [batchOf([{ source: '192.0.2.7', at: T0 }])]);
    await expect(watch.look()).rejects.toThrow('away');
    isAway = false;
    await watch.look();
    expect(applied.map(({ host }) => host)).toEqual(['192.0.2.7']);
  });

  it('catches up over the ranges: a day at first, later from the last look on', async () => {
    const { watch, asked } = await watchOf();
    await watch.catchUp();
    await watch.catchUp();
    expect(asked.map(({ from, to, ranges }) => [from, to, ranges?.length])).toEqual([
      [T0 - 24 * HOUR, T0, 1],
      [T0 - HOUR, T0, 1],
    ]);
  });
});

describe('whose a host was', () => {
  it('needs a registered range, not only an AS number, and tells the classes apart', () => {
    const hours = [
      hourOf('192.0.2.7'),
      hourOf('192.0.2.7', { sensor: 'inside' }),
      hourOf('192.0.2.7', { isBackscatter: true }),
      hourOf('198.51.100.9'),
    ];
    const shares = toShares(hours, attributor, new Map([['inside', 'umibe']]));
    expect(shares.map(({ constituentId, class: kind }) => `${constituentId} ${kind}`)).toEqual([
      'umibe OUTBOUND_INFECTION',
      'umibe INTERNAL_SPREAD',
      'umibe UNDER_ATTACK',
    ]);
  });
});
