import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isYaguraError } from '../engine/errors.ts';
import {
  agreementOf,
  chanceFacts,
  FINGERPRINTS,
  fingerprint,
  fingerprintAt,
  loadFingerprints,
  matches,
  scanningTool,
} from './fingerprints.ts';
import { KNOWN_SCANNERS, knownScanner, loadKnownScanners } from './known-scanners.ts';
import { miraiSource, NO_MARKS, scanningSource, tcp } from './rows.test-support.ts';

function folderWith(name: string, text: string): URL {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-fingerprints-'));
  writeFileSync(join(folder, name), text);
  return pathToFileURL(`${folder}/`);
}

function reason(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    expect(isYaguraError(error, 'config-invalid')).toBe(true);
    return (error as Error).message;
  }
  return 'accepted';
}

describe('the catalogue of fingerprints', () => {
  it('has one for every counter, each with its source and words', () => {
    expect(FINGERPRINTS.map(({ id }) => id)).toEqual(['bare', 'masscan', 'mirai', 'nmap', 'zmap']);
    expect(FINGERPRINTS.map(({ counter }) => counter).sort()).toEqual(Object.keys(NO_MARKS).sort());
    expect(() => fingerprint('none')).toThrow('no fingerprint none');
  });

  it('notes that newer ZMap does not show', () => {
    expect(fingerprint('zmap').note.en).toContain('4.1.0');
    expect(fingerprint('zmap').chancePerPacket).toBe(16);
  });

  it('refuses a file with an unknown or a missing key, naming it', () => {
    const text = 'id: x\nversion: 1\ncolour: red\n';
    const message = reason(() => loadFingerprints(folderWith('x.yaml', text)));
    expect(message).toContain('colour');
    expect(message).toContain('counter');
  });
});

const source = (marked: number, among: number) => scanningSource([tcp(80, among)], { marks: { ...NO_MARKS, masscan: marked } });

describe('matching a fingerprint', () => {
  const masscan = fingerprint('masscan');

  it('asks for packets and for agreement', () => {
    expect(matches(masscan, source(2, 2))).toBe(false);
    expect(matches(masscan, source(3, 3))).toBe(true);
    expect(matches(masscan, source(89, 100))).toBe(false);
    expect(matches(masscan, source(90, 100))).toBe(true);
    expect(scanningTool(source(90, 100))?.id).toBe('masscan');
    expect(scanningTool(scanningSource([tcp(80, 50)], { marks: { ...NO_MARKS, bare: 50 } }))).toBeUndefined();
  });

  it('keeps to the time in which the mark is used', () => {
    const retired = { ...masscan, validTo: Date.UTC(2026, 0, 1) };
    expect(matches(retired, source(3, 3))).toBe(false);
    expect(matches(retired, { ...source(3, 3), lastSeenAt: Date.UTC(2025, 5, 1) })).toBe(true);
  });

  it('counts agreement among the marked ports only, where the fingerprint says so', () => {
    expect(agreementOf(fingerprint('mirai'), miraiSource([tcp(23, 4)], [tcp(80, 96)]))).toEqual({ packets: 4, among: 4, share: 1 });
    expect(agreementOf(fingerprint('mirai'), scanningSource([]))).toEqual({ packets: 0, among: 0, share: 0 });
  });

  it('takes the version that held at the time', () => {
    const later = { ...masscan, version: 2, validFrom: Date.UTC(2026, 0, 1) };
    const prints = [later, { ...masscan, validTo: Date.UTC(2026, 6, 1) }];
    expect(fingerprintAt('masscan', Date.UTC(2025, 0, 1), prints)?.version).toBe(1);
    expect(fingerprintAt('masscan', Date.UTC(2026, 3, 1), prints)?.version).toBe(2); // both hold, the newer counts
    expect(fingerprintAt('masscan', Date.UTC(2026, 8, 1), prints)?.version).toBe(2);
    expect(fingerprintAt('mirai', Date.UTC(2016, 0, 1))).toBeUndefined();
    expect(scanningTool(source(90, 100), prints)?.version).toBe(2);
  });

  it('says what chance would do, where it can be said', () => {
    expect(chanceFacts(masscan, 3)).toEqual({ chancePerPacket: '2^-16', chanceOfAll: '2^-48' });
    expect(chanceFacts(masscan, 3, 4)).toEqual({ chancePerPacket: '2^-16', chanceOfAll: '2^-46' }); // four ways to choose them
    expect(chanceFacts(fingerprint('nmap'), 3)).toEqual({});
  });
});

describe('known scanners', () => {
  const text = `scanners:
  - id: example-scan
    organisation: { ja: 例の調査機関, en: Example Research }
    prefixes: [192.0.2.0/24, 2001:db8:5::/48]
    reverseNames: [scan.example.org]
    source: https://www.example.org/scanning
    checkedOn: 2026-06-01
`;

  it('are found by prefix', () => {
    const scanners = loadKnownScanners(new URL('known-scanners.yaml', folderWith('known-scanners.yaml', text)));
    expect(knownScanner('192.0.2.200', scanners)?.id).toBe('example-scan');
    expect(knownScanner('2001:db8:5::1', scanners)?.organisation.en).toBe('Example Research');
    expect(knownScanner('198.51.100.1', scanners)).toBeUndefined();
    expect(loadFingerprints(folderWith('known-scanners.yaml', text))).toEqual([]);
  });

  it('are read from the catalogue, which invents none', () => {
    expect(KNOWN_SCANNERS).toEqual([]);
  });

  it('are refused with a wrong prefix', () => {
    const wrong = text.replace('192.0.2.0/24', '192.0.2.1/24');
    expect(reason(() => loadKnownScanners(new URL('a.yaml', folderWith('a.yaml', wrong))))).toContain('192.0.2.1/24 is not a prefix');
  });
});
