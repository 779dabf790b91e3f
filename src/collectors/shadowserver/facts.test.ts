import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../test/support/shared-data.ts';
import { isYaguraError } from '../../engine/errors.ts';
import { genericFacts, loadFacts, loadPublishedSchema, type ReportFacts } from './facts.ts';
import { collectAll, fileOf } from './test-support.ts';

const PUBLISHED = hasSharedData ? sharedData('events-reference', 'shadowserver-intelmq.json') : '';
const SEVERITIES = hasSharedData ? sharedData('events-reference', 'shadowserver-types.md') : '';
const ROW = '2026-03-03 05:05:53,192.0.2.1,23';

/** What the published schema states, without what we add to it. */
const stated = ({ id, feed, documentation, constants, required, columns }: ReportFacts) => ({
  id,
  feed,
  documentation,
  constants,
  required,
  columns: new Map([...columns].sort(([a], [b]) => (a < b ? -1 : 1))),
});

describe('the built-in facts', () => {
  const { reports, usualRules } = loadFacts();

  it('describe sisters for IPv6 by the same columns and meaning', () => {
    const [four, six] = [reports.get('scan_telnet'), reports.get('scan6_telnet')];
    expect([...(six?.columns.keys() ?? [])]).toEqual([...(four?.columns.keys() ?? [])]);
    expect(six).toMatchObject({ feed: 'IPv6-Accessible-Telnet', kind: 'exposed-service', constants: four?.constants });
  });

  it('send a column nobody described to extra as text', () => {
    expect(usualRules('moon_phase')).toEqual([{ field: 'extra.moon_phase', conversion: 'text' }]);
    expect(genericFacts(loadFacts(), 'x', ['ip']).columns.get('ip')).toEqual([{ field: 'source.ip', conversion: 'address' }]);
  });

  it('name an amplifier in the role of one, and only those', () => {
    for (const facts of reports.values()) expect(facts.role === 'amplifier', facts.id).toBe(facts.kind === 'amplifier');
  });

  it('name every service that a notice speaks of', () => {
    const speaking = new Set(['exposed-service', 'vulnerable-service', 'amplifier', 'weak-encryption']);
    const nameless = [...reports.values()].filter((facts) => speaking.has(facts.kind) && facts.label === undefined);
    expect(nameless.map((facts) => facts.id)).toEqual([]);
  });
});

describe.skipIf(!hasSharedData)('the published schema', () => {
  it('states exactly what the built-in facts state, for every report', async () => {
    const published = await loadPublishedSchema(PUBLISHED);
    expect(published.reports.size).toBe(170);
    const ours = loadFacts().reports;
    expect([...ours.keys()].sort()).toEqual([...published.reports.keys()].sort());
    for (const [id, facts] of published.reports) expect(stated(ours.get(id) as ReportFacts)).toEqual(stated(facts));
  });

  it('has default severities, which are ours', () => {
    const lines = readFileSync(SEVERITIES, 'utf8').matchAll(/^\| (\w+) \|.*\| (critical|high|medium|low|info) \|$/gm);
    const published = [...lines].filter(([, id = '']) => loadFacts().reports.has(id));
    expect(published.length).toBeGreaterThan(160);
    for (const [, id = '', severity] of published) expect(loadFacts().reports.get(id)?.severity, id).toBe(severity);
  });
});

describe('a schema file of the operator', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-schema-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const write = (content: string, name = 'schema.json'): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const newReport = {
    feed_name: 'Accessible-Teapot',
    file_name: 'scan_teapot',
    url: 'https://example.org/teapot/',
    constant_fields: {
      'classification.taxonomy': 'vulnerable',
      'classification.type': 'vulnerable-system',
      'classification.identifier': 'open-teapot',
      'protocol.application': 'htcpcp',
    },
    required_fields: [
      ['time.source', 'timestamp', 'add_UTC_to_timestamp'],
      ['source.ip', 'ip', 'validate_ip'],
      ['source.port', 'port', 'convert_int'],
    ],
    optional_fields: [
      ['extra.', 'temperature', 'convert_kelvin'],
      ['extra.', 'lid', 'convert_bool', true],
    ],
  };

  it('brings report types that the program has never heard of', async () => {
    const schemaFile = write(JSON.stringify({ _meta: { change_log: [] }, scan_teapot: newReport }));
    const { findings, alarms } = await collectAll(fileOf('scan_teapot.csv', `timestamp,ip,port,temperature,lid\n${ROW},90,y\n`), {
      schemaFile,
    });
    expect(alarms).toEqual([]);
    expect(findings[0]).toMatchObject({ kind: 'exposed-service', identifier: 'open-teapot', port: 23, severity: 'medium' });
    expect(findings[0]?.because.en).toContain('htcpcp on {asset}, port 23');
  });

  it.each([
    ['a missing file', join(folder, 'none.json')],
    ['a file of something else', write('{"a": 1}', 'other.json')],
  ])('must be one: %s', async (_name, path) => {
    await expect(loadPublishedSchema(path)).rejects.toSatisfy((error) => isYaguraError(error, 'config-invalid'));
  });
});
