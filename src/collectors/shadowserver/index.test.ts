import { readdirSync, readFileSync, statSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../test/support/shared-data.ts';
import { runs } from '../../../test/support/volume.ts';
import { type DetectedFinding, fingerprintText } from '../../domain/finding.ts';
import { feedRecord } from '../../domain/telemetry-table.ts';
import { isYaguraError } from '../../engine/errors.ts';
import { loadFacts } from './facts.ts';
import collector from './index.ts';
import { toIntelmqEvent } from './intelmq.ts';
import { collectAll, fileOf, type Outcome, RECEIVED_AT } from './test-support.ts';

const HEADER = 'timestamp,severity,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,hostname_source,sector,banner';
const row = (ip: string, more: { time?: string; port?: string; severity?: string; banner?: string } = {}): string =>
  `"${more.time ?? '2026-03-03 05:05:53'}",${more.severity ?? 'high'},${ip},tcp,${more.port ?? '23'},"h.example",telnet,64496,JP,"TOKYO","CHIYODA",0,,,"${more.banner ?? 'login:'}"`;
const telnet = (rows: readonly string[]): string => [HEADER, ...rows, ''].join('\n');
const collectText = (text: string | Uint8Array, name = '2026-03-03-scan_telnet-jp-geo.csv'): Promise<Outcome> =>
  collectAll(fileOf(name, text));
const codes = (outcome: Outcome): string[] => outcome.alarms.map((alarm) => alarm.code);
const attributesOf = (stored: Record<string, unknown>): Record<string, string> =>
  JSON.parse(String(stored['attributes'])) as Record<string, string>;

describe('a row of a report', () => {
  it('becomes a record with every column it had', async () => {
    const { stored, batches } = await collectText(telnet([row('192.0.2.10')]));
    expect(Object.keys(batches[0]?.columns[0]?.columns ?? {})).toEqual(Object.keys(feedRecord.columns));
    expect(stored).toHaveLength(1);
    expect(stored[0]).toMatchObject({
      observed: Date.UTC(2026, 2, 3, 5, 5, 53) / 1000,
      received: RECEIVED_AT / 1000,
      tenant: 'main',
      feed: 'shadowserver',
      report: 'scan_telnet',
      kind: 'exposed-service',
      identifier: 'open-telnet',
      asset: '192.0.2.10',
      source: '00000000000000000000ffffc000020a',
      port: 23,
      record: 1,
    });
    expect(attributesOf(stored[0] ?? {})).toEqual({
      timestamp: '2026-03-03 05:05:53',
      severity: 'high',
      ip: '192.0.2.10',
      protocol: 'tcp',
      port: '23',
      hostname: 'h.example',
      tag: 'telnet',
      asn: '64496',
      geo: 'JP',
      region: 'TOKYO',
      city: 'CHIYODA',
      naics: '0',
      banner: 'login:',
    });
  });

  it('becomes a finding that explains itself in both languages', async () => {
    const { findings, stored } = await collectText(telnet([row('192.0.2.10')]));
    const [finding] = findings;
    expect(finding).toMatchObject({
      tenant: 'main',
      kind: 'exposed-service',
      identifier: 'open-telnet',
      asset: { kind: 'ip', value: '192.0.2.10' },
      port: 23,
      transport: 'tcp',
      role: 'source',
      classification: { taxonomy: 'vulnerable', type: 'vulnerable-system' },
      severity: 'high',
      confidence: 95,
      count: 1,
      sourcePort: null,
      bucket: null,
      origin: { module: 'shadowserver', feed: 'shadowserver', report: 'scan_telnet' },
      because: {
        ja: '{asset} の23/TCPでTelnetがインターネットから使える状態でした（Shadowserverの調査、{time}）。',
        en: 'Telnet on {asset}, port 23/TCP, could be used from the internet (Shadowserver survey, {time}).',
      },
    });
    expect(finding?.evidence).toMatchObject({
      rule: { id: 'shadowserver', parameters: { report: 'scan_telnet' } },
      facts: { banner: 'login:', tag: 'telnet' },
    });
    const { createHash } = await import('node:crypto');
    expect(stored[0]?.['fingerprint']).toBe(
      createHash('sha256')
        .update(fingerprintText(finding as DetectedFinding))
        .digest('hex'),
    );
  });

  it('takes the severity of the report when it has none of its own', async () => {
    const { findings } = await collectText(telnet([row('192.0.2.10', { severity: '' })]));
    expect(findings[0]?.severity).toBe('medium');
  });
});

describe('whose side a report is about', () => {
  const EVENT = 'timestamp,protocol,src_ip,src_port,dst_ip,dst_port,infection,family,tag';
  const event = `2026-03-03 05:05:53,tcp,192.0.2.1,40000,198.51.100.2,80,mirai,,mirai`;

  it.each([
    ['event4_sinkhole', 'infected-host', 'source', '192.0.2.1', null, 40_000, 'mirai'],
    ['event4_honeypot_ddos', 'command-and-control', 'c2', '192.0.2.1', 40_000, null, 'honeypot-ddos'],
    ['event4_honeypot_ddos_target', 'dos-victim', 'victim', '198.51.100.2', 80, null, 'honeypot-ddos-target'],
    ['event4_honeypot_ddos_amp', 'dos-victim', 'victim', '192.0.2.1', 40_000, null, 'amplification-ddos-victim'],
    ['event4_honeypot_brute_force', 'brute-force', 'source', '192.0.2.1', null, 40_000, 'mirai'],
  ])('%s: %s', async (report, kind, role, asset, port, sourcePort, identifier) => {
    const { findings } = await collectText(`${EVENT}\n${event}\n`, `${report}.csv`);
    expect(findings[0]).toMatchObject({ kind, role, asset: { kind: 'ip', value: asset }, port, sourcePort, identifier });
  });

  it('calls reflectors amplifiers', async () => {
    const { findings } = await collectText(
      'timestamp,ip,protocol,port,tag\n2026-03-03 05:05:53,192.0.2.1,udp,53,openresolver\n',
      'scan_dns.csv',
    );
    expect(findings[0]).toMatchObject({ kind: 'amplifier', role: 'amplifier', transport: 'udp', port: 53 });
  });

  it('finds another asset where a report has no address', async () => {
    const account = await collectText(
      'timestamp,username,email,service\n2026-03-03 05:05:53,u,User@example.com,web\n',
      'compromised_account.csv',
    );
    expect(account.findings[0]).toMatchObject({ kind: 'compromised-account', asset: { kind: 'email', value: 'user@example.com' } });
    const victim = await collectText(
      'timestamp,entity_name,website,ransomware\n2026-03-03 05:05:53,E,https://www.example.com/x,r\n',
      'ransomware_victim.csv',
    );
    expect(victim.findings[0]?.asset).toEqual({ kind: 'fqdn', value: 'www.example.com' });
    const blocked = await collectText('timestamp,ip,source,reason\n2026-03-03 05:05:53,192.0.2.0/24,list,spam\n', 'blocklist.csv');
    expect(blocked.findings[0]?.asset).toEqual({ kind: 'net', value: '192.0.2.0/24' });
  });

  it('tells an Exchange server with a web shell from one with a weakness', async () => {
    const rows = ['exchange;webshell', 'exchange;cve-2021-26855'].map((tag) => `2026-03-03 05:05:53,192.0.2.1,443,${tag}`);
    const { findings } = await collectText(['timestamp,ip,port,tag', ...rows].join('\n'), 'scan_exchange.csv');
    expect(findings.map((finding) => [finding.kind, finding.classification.type, finding.identifier])).toEqual([
      ['compromised-host', 'system-compromise', 'exchange-server-webshell'],
      ['vulnerable-service', 'vulnerable-system', 'vulnerable-exchange-server'],
    ]);
  });

  it('never tells a reader that something is certain or a port that is not theirs', async () => {
    const { findings } = await collectText(`${EVENT}\n${event}\n`, 'event4_sinkhole.csv');
    expect(findings[0]?.because.ja).toContain('感染しているおそれがあります');
    expect(findings[0]?.because.en).toContain('may be infected');
    expect(findings[0]?.because.en).not.toContain('40000');
  });
});

describe('what a file may look like', () => {
  const rows = [row('192.0.2.10'), row('192.0.2.11', { banner: 'two\nlines, and a ""quote""' })];
  const forms: Record<string, Uint8Array | string> = {
    'with a byte order mark': `\ufeff${telnet(rows)}`,
    'with CRLF': telnet(rows).replaceAll(/\n(?!lines)/g, '\r\n'),
    'without a last line break': telnet(rows).trimEnd(),
    'with blank lines': telnet(rows).replaceAll(/\n(?!lines)/g, '\n\n'),
    gzip: gzipSync(telnet(rows)),
  };

  it.each(Object.entries(forms))('%s', async (_name, content) => {
    const plain = await collectText(telnet(rows));
    const other = await collectText(content);
    expect(other.error).toBeUndefined();
    expect(other.stored.map(attributesOf)).toEqual(plain.stored.map(attributesOf));
    expect(other.findings).toEqual(plain.findings);
  });

  it('is fine with only a header', async () => {
    const { error, records, batches } = await collectText(`${HEADER}\n`);
    expect({ error, records, batches }).toEqual({ error: undefined, records: 0, batches: [] });
  });

  it.each([
    ['empty', ''],
    ['white space', '\n\n'],
    ['no report', 'a,b\n1,2\n'],
    ['a page', '<html><body>timestamp</body></html>'],
    ['zeros', new Uint8Array(5000)],
  ])('refuses %s with a reason', async (name, content) => {
    const { error } = await collectText(content, `${name}.csv`);
    expect(isYaguraError(error) && error.code.startsWith('input-') && error.file).toBe(`${name}.csv`);
  });

  it('keeps what came before a damaged end of compression', async () => {
    const noise = Array.from({ length: 9000 }, (_, i) => row(`198.51.100.${i % 256}`, { banner: `${Math.sin(i)}${Math.cos(i)}` }));
    const cut = gzipSync(telnet(noise)).subarray(0, -20_000);
    const { error, records, stored } = await collectText(cut, 'scan_telnet.csv.gz');
    expect(isYaguraError(error, 'input-malformed')).toBe(true);
    expect(records).toBe(stored.length);
    expect(records).toBeGreaterThan(5000);
  });

  it('is known by its content before its name', async () => {
    const bytes = Buffer.from(telnet(rows));
    expect(collector.recognises({ name: 'anything.txt', bytes })).toBeGreaterThanOrEqual(0.8);
    expect(collector.recognises({ name: 'scan_telnet.csv', bytes: Buffer.from('a,b\n1,2\n') })).toBe(0);
    const { stored } = await collectText(
      'timestamp,ip,port,protocol,tag,machine_type,afp_versions,uams,flags\n2026-03-03 05:05:53,192.0.2.1,548,tcp,afp,m,v,u,f\n',
      'upload.csv',
    );
    expect(stored[0]?.['report']).toBe('scan_afp');
  });

  it('tells sisters for IPv4 and IPv6 apart by the first address', async () => {
    const columns = [...(loadFacts().reports.get('scan_mysql')?.columns.keys() ?? [])];
    const cells = columns.map((name) => ({ timestamp: '2026-03-03 05:05:53', ip: '2001:db8::1', port: '3306' })[name] ?? '');
    const { stored } = await collectText(`${columns.join(',')}\n${cells.join(',')}\n`, 'x.csv');
    expect(stored[0]?.['report']).toBe('scan6_mysql');
  });
});

describe('records that cannot be used', () => {
  it('are set aside with their number and reason, and the rest goes on', async () => {
    const bad = [row('192.0.2.2', { time: 'yesterday' }), row('192.0.2.3', { port: '70000' }), `${row('192.0.2.4')},x,y`, 'nonsense'];
    const { stored, quarantined, records } = await collectText(telnet([row('192.0.2.1'), ...bad, row('192.0.2.5')]));
    expect(stored.map((one) => one['asset'])).toEqual(['192.0.2.1', '192.0.2.5']);
    expect(stored.map((one) => one['record'])).toEqual([1, 6]);
    expect(records).toBe(6);
    expect(quarantined.map((one) => one.record)).toEqual([2, 3, 4, 5]);
    expect(quarantined.map((one) => one.reason)).toEqual([
      { code: 'time-unreadable', parameters: { value: 'yesterday' } },
      { code: 'port-unreadable', parameters: { value: '70000' } },
      { code: 'width-differs', parameters: { values: 17, columns: 15 } },
      { code: 'width-differs', parameters: { values: 1, columns: 15 } },
    ]);
  });

  it('are stored without a finding when only the address is damaged', async () => {
    const { stored, findings, alarms, quarantined } = await collectText(telnet([row('192.0.2.300')]));
    expect({ findings, quarantined }).toEqual({ findings: [], quarantined: [] });
    expect(stored[0]).toMatchObject({ asset: '', source: '0'.repeat(32), fingerprint: '0'.repeat(64) });
    expect(alarms).toContainEqual({ code: 'feed-addresses-damaged', detail: { report: 'scan_telnet', rows: 1 } });
  });

  it.each([
    ['"h.example"', '"h.example', 'width-differs'],
    ['"login:"', '"login:', 'quote-open'],
  ])('do not take the next rows with them when a quote is broken: %s', async (whole, torn, code) => {
    const broken = row('192.0.2.2').replace(whole, torn);
    const { stored, quarantined, error } = await collectText(telnet([row('192.0.2.1'), broken, row('192.0.2.3'), row('192.0.2.4')]));
    expect(error).toBeUndefined();
    expect(stored.map((one) => one['asset'])).toEqual(['192.0.2.1', '192.0.2.3', '192.0.2.4']);
    expect(quarantined).toHaveLength(1);
    expect(quarantined[0]).toMatchObject({ record: 2, reason: { code } });
  });

  it('end the file, with what came before kept, when nothing can be read after a broken quote', async () => {
    const { stored, error } = await collectText(telnet([row('192.0.2.1'), '"2026-03-03 05:06:00","192.0.2.11,23']));
    expect(stored).toHaveLength(1);
    expect(isYaguraError(error, 'input-malformed') && error.record).toBe(2);
  });

  it('take cells left off at the end of a row as empty', async () => {
    const { stored, alarms } = await collectText(telnet([row('192.0.2.1').replace(',,,"login:"', '')]));
    expect(stored).toHaveLength(1);
    expect(alarms.map((alarm) => alarm.code)).toContain('feed-rows-short');
  });
});

describe('drift', () => {
  it('says nothing about a report as it is described', async () => {
    expect(codes(await collectText(telnet([row('192.0.2.1')])))).toEqual([]);
  });

  it('keeps unknown columns and tells of them once', async () => {
    const { stored, alarms } = await collectText(`${HEADER},moon_phase\n${row('192.0.2.1')},full\n${row('192.0.2.2')},full\n`);
    expect(attributesOf(stored[0] ?? {})['moon_phase']).toBe('full');
    expect(alarms).toEqual([{ code: 'feed-columns-added', detail: { report: 'scan_telnet', columns: ['moon_phase'] } }]);
  });

  it('tells of missing columns', async () => {
    const { alarms } = await collectText('timestamp,ip,protocol,port,banner,tag\n2026-03-03 05:05:53,192.0.2.1,tcp,23,,\n');
    expect(alarms.map((alarm) => alarm.code)).toEqual(['feed-columns-missing']);
    expect(alarms[0]?.detail['columns']).toContain('severity');
  });

  it('makes findings without a required column where the asset is there', async () => {
    const { findings, alarms } = await collectText(
      'timestamp,ip,asn,geo,md5,url\n2026-03-03 05:05:53,192.0.2.1,64496,JP,,http://a.example/\n',
      'malware_url.csv',
    );
    expect(findings[0]).toMatchObject({ kind: 'malware-distribution', asset: { kind: 'ip', value: '192.0.2.1' }, port: null });
    expect(alarms).toContainEqual({ code: 'feed-required-missing', detail: { report: 'malware_url', columns: ['port'] } });
  });

  it('reads an unknown report by its column names', async () => {
    const outcome = await collectText(
      'timestamp,url,host,ip,asn,geo,source\n2026-03-03 05:05:53,https://p.example/x,p.example,,64496,JP,o\n',
      'phish_url.csv',
    );
    expect(codes(outcome)).toEqual(['feed-report-unknown']);
    expect(outcome.findings[0]).toMatchObject({ kind: 'other', asset: { kind: 'url', value: 'https://p.example/x' } });
    expect(outcome.stored[0]).toMatchObject({ report: 'phish_url', asset: 'https://p.example/x' });
  });

  it('says so when the columns fit several reports, and takes the word of the operator', async () => {
    const columns = 'timestamp,severity,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,hostname_source,sector';
    const file = fileOf('upload.csv', `${columns}\n2026-03-03 05:05:53,low,192.0.2.1,tcp,1,,,,,,,,,\n`);
    const unsure = await collectAll(file);
    if (unsure.alarms.some((alarm) => alarm.code === 'feed-report-unknown')) {
      expect(unsure.alarms[0]?.detail['candidates']).toBeInstanceOf(Array);
    }
    const sure = await collectAll(file, { reportType: 'scan_vnc' });
    expect(sure.stored[0]).toMatchObject({ report: 'scan_vnc', identifier: 'open-vnc' });
  });
});

describe('batches', () => {
  const rows = Array.from({ length: 12_001 }, (_, i) => row(`192.0.${(i >> 8) & 255}.${i & 255}`, i % 1000 === 7 ? { time: 'never' } : {}));

  it('hold 5,000 records each and come out the same every time', async () => {
    const one = await collectText(telnet(rows));
    const two = await collectText(telnet(rows));
    expect(one.batches.map((batch) => batch.records)).toEqual([5000, 5000, 2001]);
    expect(one.quarantined).toHaveLength(12);
    expect(two).toEqual(one);
  });

  it('come while the file is still being read', async () => {
    const input = fileOf('large.csv', telnet(rows));
    const size = statSync(input.path).size;
    let furthest = 0;
    const context = { ...(await import('./test-support.ts')).contextOf(), progress: (bytes: number) => void (furthest = bytes) };
    const batches = collector.collect(input, collector.settings.parse({}), context)[Symbol.asyncIterator]();
    await batches.next();
    expect(furthest).toBeLessThan(size * 0.6);
    await batches.return?.();
  });
});

describe('inspect', () => {
  it('describes a file in one flat object', async () => {
    const input = fileOf(
      '2026-03-03-scan_telnet-x.csv',
      telnet([row('192.0.2.1'), row('192.0.2.2', { time: '2026-03-04 00:00:00' }), 'x']),
    );
    expect(await collector.inspect(input, collector.settings.parse({}))).toEqual({
      file: input.name,
      collector: 'shadowserver',
      format: 'csv',
      report: 'scan_telnet',
      report_known: true,
      records: 3,
      columns: 15,
      unknown_columns: [],
      missing_columns: [],
      required_missing: [],
      first_at: '2026-03-03T05:05:53.000Z',
      last_at: '2026-03-04T00:00:00.000Z',
      quarantined: 1,
    });
  });
});

describe('any bytes', () => {
  it('become rows, quarantine or a clear error, and every record is accounted for', async () => {
    const original = Buffer.from(
      telnet([row('192.0.2.1'), row('2001:db8::1', { banner: 'a ""b"" c' }), row('192.0.2.3'), row('192.0.2.4')]),
    );
    const change = fc.record({ at: fc.nat(original.length - 1), remove: fc.nat(8), insert: fc.uint8Array({ maxLength: 8 }) });
    const nasty = fc.constantFrom('"', '""', '\n', '\r', ',', '\r\n', '\0', '"\n"', ',,,,').map((text) => Buffer.from(text));
    const nastyChange = fc.record({ at: fc.nat(original.length - 1), remove: fc.nat(3), insert: nasty });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(change, nastyChange), { minLength: 1, maxLength: 6 }), async (changes) => {
        let bytes = original;
        for (const { at, remove, insert } of changes) {
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
        }
        const { error, records, stored, quarantined } = await collectText(bytes, 'scan_telnet.csv');
        expect(error === undefined || isYaguraError(error)).toBe(true);
        expect(stored.length + quarantined.length).toBe(records);
        for (const one of stored) expect(() => attributesOf(one)).not.toThrow();
      }),
      runs(100, 400),
    );
  });
});

describe.skipIf(!hasSharedData)('real reports', () => {
  const folder = hasSharedData ? sharedData('events', 'shadowserver-csv') : '';
  const files = hasSharedData ? readdirSync(folder).filter((name) => name.endsWith('.csv')) : [];
  const read = (name: string): Promise<Outcome> =>
    collectAll({ name, path: `${folder}/${name}`, size: statSync(`${folder}/${name}`).size });

  it.each(files)('%s is stored whole and comes out as the golden events', async (name) => {
    const { stored, quarantined, error, records } = await read(name);
    expect({ error, quarantined }).toEqual({ error: undefined, quarantined: [] });
    expect(stored).toHaveLength(records);
    const golden = `${name.slice(0, -4)}.expected.jsonl`;
    if (!readdirSync(folder).includes(golden)) return;
    const expected = readFileSync(`${folder}/${golden}`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const events = stored.map((one) =>
      toIntelmqEvent({ report: String(one['report']), receivedAt: RECEIVED_AT, attributes: attributesOf(one) }),
    );
    expect(events).toEqual(expected);
  });

  it('are told by their columns alone, or it is said that they cannot be', async () => {
    const wrong: string[] = [];
    for (const name of files) {
      const { stored, alarms } = await collectAll(fileOf('upload.csv', readFileSync(`${folder}/${name}`)));
      const report = String(stored[0]?.['report']);
      const isHonest = report === 'unknown' && alarms.some((alarm) => alarm.code === 'feed-report-unknown');
      if (report !== name.slice(0, -4) && !isHonest) wrong.push(`${name} taken for ${report}`);
    }
    expect(wrong).toEqual([]);
  });
});
