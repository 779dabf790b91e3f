/** A wrong file gives one clear line and exit status 65; what came before it is kept. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { IngestReport } from '../src/engine/pipeline.ts';
import type { Finding } from '../src/server/contract.ts';
import { temporaryFolder, yagura, yaguraJson } from './support/command-line.ts';
import { emptyData } from './support/empty-data.ts';

const PNG = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d4948445200000001', 'hex'), Buffer.alloc(500, 1)]);
const HEADER = '"timestamp","ip","port","protocol","hostname","tag","asn","geo","region","city","naics","sic","banner","sector"';
const ROW = '"2026-03-03 05:05:53","192.0.2.10",23,"tcp","host.example","telnet",64496,"JP","TOKYO","CHIYODA",0,0,"login:",""';

function wrongFiles(folder: string): Record<string, string> {
  const put = (name: string, bytes: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };
  const directory = join(folder, 'directory.pcap');
  mkdirSync(directory);
  const forbidden = put('forbidden.csv', `${HEADER}\n${ROW}\n`);
  chmodSync(forbidden, 0);
  return {
    'a PNG named .pcap': put('picture.pcap', PNG),
    'a CSV with a broken quote': put('2026-03-03-scan_telnet-broken.csv', `${HEADER}\n${ROW}\n"2026-03-03 05:06:00","192.0.2.11,23\n`),
    'an empty file': put('empty.pcap', ''),
    'a gzip file with nothing in it': put('nothing.csv.gz', gzipSync('')),
    'a gzip file of no bytes': put('zero.pcap.gz', ''),
    'a directory': directory,
    'a missing file': join(folder, 'missing.pcap'),
    ...(process.getuid?.() === 0 ? {} : { 'an unreadable file': forbidden }),
  };
}

describe('wrong files', () => {
  it.each(['inspect', 'ingest'])(
    'are refused by %s one by one, each with one line and status 65',
    async (verb) => {
      const folder = temporaryFolder();
      const files = Object.entries(wrongFiles(folder)).filter(([what]) => verb === 'ingest' || !what.includes('broken quote'));
      const { status, output, messages } = await yagura(
        verb,
        ...files.map(([, path]) => path),
        '--json',
        ...(verb === 'ingest' ? ['--data', join(folder, 'data')] : []),
      );
      expect({ status, output }).toEqual({ status: 65, output: '' });
      const lines = messages.trim().split('\n');
      expect(lines).toHaveLength(files.length);
      for (const [i, [what, path]] of files.entries()) expect.soft(lines[i], what).toContain(path);
      for (const line of lines) expect.soft(line).toMatch(/^yagura: .+: .{10,}/);
    },
    60_000,
  );

  it('do not lose what came before them, in the same run and in the same file', async () => {
    const folder = temporaryFolder();
    const data = emptyData(join(folder, 'data'));
    const good = join(folder, '2026-03-03-scan_telnet-good.csv');
    writeFileSync(good, `${HEADER}\n${ROW}\n`);
    const broken = join(folder, '2026-03-04-scan_telnet-broken.csv');
    writeFileSync(broken, `${HEADER}\n${ROW.replace('192.0.2.10', '192.0.2.20')}\n"2026-03-03 05:06:00","192.0.2.21,23\n`);
    const picture = join(folder, 'picture.pcap');
    writeFileSync(picture, PNG);
    const { status, output } = await yagura('ingest', good, picture, broken, '--data', data, '--json');
    expect(status).toBe(65);
    const reports = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as IngestReport);
    expect(reports[0]).toMatchObject({ file: good, collector: 'shadowserver', records: 1, accepted: 1, quarantined: 0 });
    const findings = await yaguraJson<Finding>('findings', '--data', data, '--json');
    expect(findings.map((finding) => finding.asset.value).sort()).toEqual(['192.0.2.10', '192.0.2.20']);
  }, 60_000);

  it('say of each bad record why, when people read', async () => {
    const folder = temporaryFolder();
    const file = join(folder, '2026-03-03-scan_telnet.csv');
    writeFileSync(file, [HEADER, ROW, ROW.replace('2026-03-03 05:05:53', 'yesterday'), `${ROW},x`, ''].join('\n'));
    const { status, output } = await yagura('ingest', file, '--data', emptyData(join(folder, 'data')));
    expect(status).toBe(0);
    expect(output.trim().split('\n')).toEqual([
      expect.stringContaining('3 records, 2 quarantined'),
      '  record 2: The value “yesterday” in the column timestamp is no time.',
      '  record 3: The number of values (15) is not that of the columns (14).',
    ]);
  }, 60_000);
});
