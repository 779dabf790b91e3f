/** The catalogue of popular services: it can be read, says where it comes from, and fits what it should only. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadPopular, type MeasuredServer, popularService } from './popular.ts';

const services = loadPopular();
const server = (more: Partial<MeasuredServer>): MeasuredServer => ({
  address: '192.0.2.1',
  port: 443,
  transport: 'tcp',
  asn: 64_496,
  packetBytes: null,
  ...more,
});
const found = (more: Partial<MeasuredServer>): string | undefined => popularService(server(more), services)?.id;

function folderWith(text: string): URL {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-popular-'));
  writeFileSync(join(folder, 'own.yaml'), text);
  return pathToFileURL(`${folder}/`);
}

describe('the catalogue of popular services', () => {
  it('has each kind, each with its source', () => {
    expect(new Set(services.map(({ kind }) => kind))).toEqual(new Set(['cdn', 'dns', 'ntp', 'push', 'update']));
    for (const { source } of services) expect(source).toMatch(/^https:/);
  });

  it.each([
    ['a resolver on its port', { address: '8.8.8.8', port: 53, transport: 'udp' }, 'google-public-dns'],
    ['a resolver on another', { address: '8.8.8.8', port: 4444 }, undefined],
    ['a time server by the length of its packets', { port: 123, transport: 'udp', packetBytes: 76 }, 'ntp'],
    ['what else is said on that port', { port: 123, transport: 'udp', packetBytes: 240 }, undefined],
    ['a push channel by its network', { port: 5228, asn: 15_169 }, 'firebase-cloud-messaging'],
    ['the same port elsewhere', { port: 5228 }, undefined],
    ['a range of ports', { port: 5230, asn: 15_169 }, 'firebase-cloud-messaging'],
    ['a delivery network over IPv6', { address: '2606:4700::6810:1' }, 'cloudflare'],
    ['anybody', {}, undefined],
  ] as const)('tells %s', (_, more, expected) => expect(found(more)).toBe(expected));
});

describe('own entries', () => {
  it('have the same form', () => {
    const own = loadPopular(
      folderWith(`services:
  - { id: our-portal, kind: own, title: { ja: 自社サイト, en: Our portal }, source: ours, asOf: 2026-01-01,
      rules: [{ prefixes: [192.0.2.0/24], ports: [[8000, 8100]] }] }`),
    );
    expect(popularService(server({ port: 8080 }), own)?.title.en).toBe('Our portal');
    expect(popularService(server({ port: 9000 }), own)).toBeUndefined();
  });

  it.each([
    ['a rule for everything', 'rules: [{ ports: [443] }]'],
    ['what is no prefix', 'rules: [{ prefixes: [example] }]'],
  ])('may not be %s', (_, rules) => {
    const text = `services:\n  - { id: wrong, kind: own, title: { ja: 誤り, en: Wrong }, source: ours, asOf: 2026-01-01, ${rules} }`;
    expect(() => loadPopular(folderWith(text))).toThrow(/cannot be used/);
  });
});
