/** The collector as the hub uses it: files in batches, exports as they arrive, a memory that survives restarts. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Reason } from '../../domain/reason.ts';
import { createLog } from '../../engine/log.ts';
import type { CollectContext, CollectedBatch, Input, LiveContext } from '../../engine/modules.ts';
import netflow from './index.ts';
import { openExports } from './live.ts';
import { netflowSettings } from './schema.ts';
import {
  EXPORTER,
  exactly,
  FLOW_FIELDS,
  fileOf,
  flowRecord,
  ipfix,
  NOW_MS,
  options10,
  set,
  template,
  u16,
  u32,
  v5,
  v9,
} from './test-support.ts';

const SETTINGS = netflowSettings.parse({});
const FLOWS = set(2, template(256, FLOW_FIELDS));
const RECORDS = set(256, flowRecord(), flowRecord());

interface Collected {
  readonly batches: CollectedBatch[];
  readonly quarantined: { readonly record: number; readonly reason: Reason }[];
}

async function collect(input: Input): Promise<Collected> {
  const quarantined: Collected['quarantined'] = [];
  const context: CollectContext = {
    tenant: 'main',
    sensor: 'edge',
    receivedAt: NOW_MS,
    fileDigest: new Uint8Array(32),
    log: createLog('silent'),
    signal: new AbortController().signal,
    quarantine: (record, reason) => quarantined.push({ record, reason }),
    alarm: () => undefined,
    progress: () => undefined,
  };
  return { batches: await Array.fromAsync(netflow.collect(input, SETTINGS, context)), quarantined };
}

describe('files of datagrams', () => {
  it('become flows and minutes, the same each time', async () => {
    const input = fileOf(Buffer.concat([ipfix([FLOWS, RECORDS]), ipfix([RECORDS], { sequence: 2 })]));
    const [first, second] = [await collect(input), await collect(input)];
    expect(first.batches).toEqual(second.batches);
    expect(first.batches).toHaveLength(1);
    const [batch] = first.batches;
    expect(batch?.records).toBe(4);
    expect(batch?.columns.map(({ table, rows }) => [table, rows])).toEqual([
      ['flow', 4],
      ['sensor_minute', 1],
    ]);
    expect(batch?.columns[0]?.columns['sensor']).toMatchObject({ dictionary: ['edge'] });
  });

  it('are given in batches when they are large', async () => {
    const many = Buffer.concat([
      v9([set(0, template(256, FLOW_FIELDS))]),
      ...Array.from({ length: 300 }, (_, i) => v9([set(256, ...Array.from({ length: 1000 }, () => flowRecord()))], { sequence: i + 1 })),
    ]);
    const { batches } = await collect(fileOf(many));
    expect(batches.map(({ columns }) => columns[0]?.rows)).toEqual([250_000, 50_000]);
  });

  it('count what is broken by the number of its datagram', async () => {
    const broken = v9([set(0, template(256, FLOW_FIELDS)), set(256, Buffer.alloc(12))]);
    const { batches, quarantined } = await collect(fileOf(Buffer.concat([v5(1), v5(1), broken])));
    expect(quarantined).toEqual([{ record: 3, reason: { code: 'record-broken', parameters: { exporter: '::', template: 256 } } }]);
    expect(batches.reduce((sum, { records }) => sum + records, 0)).toBe(3);
  });

  it('are read as one stream in the order given', async () => {
    const [templates, data] = [fileOf(ipfix([FLOWS])), fileOf(ipfix([RECORDS]))];
    expect(await netflow.inspect(data, SETTINGS)).toMatchObject({ export_datagrams: 1, records: 0, without_template: 1, malformed: 1 });
    for (const order of [
      [templates, data],
      [data, templates],
    ]) {
      expect(await netflow.inspectTogether?.(order, SETTINGS)).toMatchObject({
        export_datagrams: 2,
        versions: ['10'],
        records_with_ipv4_src: 2,
        malformed: 0,
      });
    }
  });
});

interface Live {
  readonly context: LiveContext;
  readonly warnings: string[];
}

function liveIn(folder: string): Live {
  const warnings: string[] = [];
  const log = Object.assign(Object.create(createLog('silent')), { warn: (_detail: unknown, text: string) => warnings.push(text) });
  return { warnings, context: { tenant: 'main', sensor: 'edge', log, folder, quarantine: () => undefined, alarm: () => undefined } };
}

const rowsIn = ({ columns }: Omit<CollectedBatch, 'findings'>): number => columns.find(({ table }) => table === 'flow')?.rows ?? 0;

describe('exports as they arrive', () => {
  it('remember templates and sampling over a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'yagura-netflow-live-'));
    const before = await openExports(SETTINGS, liveIn(folder).context);
    const sampling = set(3, options10(400, [[302, 2]], [[34, 4]]));
    before.take(exactly(ipfix([FLOWS, sampling, set(400, u16(1), u32(512))])), EXPORTER, NOW_MS);
    expect(before.flush(NOW_MS).columns.map(({ table }) => table)).toEqual(['sensor_minute']);
    await before.close();
    expect(existsSync(join(folder, 'templates.json.new'))).toBe(false);

    const after = await openExports(SETTINGS, liveIn(folder).context);
    after.take(exactly(ipfix([RECORDS])), EXPORTER, NOW_MS + 1000);
    const batch = after.flush(NOW_MS + 1000);
    expect(batch.records).toBe(2);
    expect(rowsIn(batch)).toBe(2);
    expect(batch.columns[0]?.columns['sampling']).toEqual(new Uint32Array([512, 512]));
    await after.close();
  });

  it.each(['', '{', '{"format":2}', JSON.stringify({ format: 1, domains: [{ exporter: 5 }] })])(
    'start anew when the memory is damaged: %j',
    async (text) => {
      const folder = mkdtempSync(join(tmpdir(), 'yagura-netflow-live-'));
      writeFileSync(join(folder, 'templates.json'), text);
      const { context, warnings } = liveIn(folder);
      const decoder = await openExports(SETTINGS, context);
      expect(warnings).toEqual(['remembered templates cannot be read; they are learnt anew']);
      decoder.take(exactly(ipfix([FLOWS, RECORDS])), EXPORTER, NOW_MS);
      expect(rowsIn(decoder.flush(NOW_MS))).toBe(2);
      await decoder.close();
      expect(JSON.parse(readFileSync(join(folder, 'templates.json'), 'utf8'))).toMatchObject({
        format: 1,
        domains: [{ exporter: EXPORTER.address }],
      });
    },
  );

  it('do not take a template out of the memory that nothing fits', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'yagura-netflow-live-'));
    const empty = { id: 256, isOptions: false, scopes: 0, fields: [[8, 0, 0]] };
    const sampling = { samplers: [], interfaces: [], interfaceSamplers: [], general: 0 };
    const domain = { exporter: EXPORTER.address, domain: 1, version: 10, usedAt: 0, initialisedAt: null, sampling, templates: [empty] };
    writeFileSync(join(folder, 'templates.json'), JSON.stringify({ format: 1, domains: [domain] }));
    const decoder = await openExports(SETTINGS, liveIn(folder).context);
    decoder.take(exactly(ipfix([RECORDS])), EXPORTER, NOW_MS);
    expect(rowsIn(decoder.flush(NOW_MS))).toBe(0);
    await decoder.close();
  });

  it('count losses where they happened', async () => {
    const decoder = await openExports(SETTINGS, liveIn(mkdtempSync(join(tmpdir(), 'yagura-netflow-live-'))).context);
    for (const sequence of [1, 2, 7]) decoder.take(exactly(v9([set(0, template(256, FLOW_FIELDS))], { sequence })), EXPORTER, NOW_MS);
    const [minutes] = decoder.flush(NOW_MS).columns;
    expect(minutes?.columns['lost']).toEqual(new BigUint64Array([4n]));
    expect(decoder.flush(NOW_MS).columns).toEqual([]);
    await decoder.close();
  });
});
