import { describe, expect, it } from 'vitest';
import { buildConstituent } from './test-support.ts';
import { formatDate, formatPort, formatUtc, splitStep, toAddressee, toIso, toOpenedUrl, toProviderHint, toTypedUrl } from './words.ts';

describe('how things are written', () => {
  it('dates a letter by the reader’s day, and raw times in UTC', () => {
    const at = Date.UTC(2026, 5, 18, 23, 30, 7);
    expect(formatDate(at, 'ja', 'Asia/Tokyo')).toBe('2026年6月19日');
    expect(formatDate(at, 'en', 'Asia/Tokyo')).toBe('19 June 2026');
    expect(formatDate(at, 'en', 'UTC')).toBe('18 June 2026');
    expect(formatUtc(at)).toBe('2026-06-18 23:30:07');
    expect(toIso(at)).toBe('2026-06-18T23:30:07Z');
    expect(toIso(at + 5)).toBe('2026-06-18T23:30:07.005Z');
  });

  it('names ports only where there are any', () => {
    expect(formatPort({ port: 23, transport: 'tcp' })).toBe('TCP 23');
    expect(formatPort({ port: null, transport: 'icmp' })).toBe('ICMP');
    expect(formatPort({ port: null, transport: null })).toBe('');
  });

  it('addresses organisations with 御中', () => {
    expect(toAddressee(buildConstituent(), 'ja')).toBe('みなと市役所　御中');
    expect(toAddressee(buildConstituent(), 'en')).toBe('Minato City Hall');
  });

  it('prints the address to type without scheme and opens the same one', () => {
    expect(toTypedUrl('https://check.example/a')).toBe('check.example/a');
    expect(toOpenedUrl('check.example/a')).toBe('https://check.example/a');
    expect(toOpenedUrl('http://check.example/a')).toBe('http://check.example/a');
  });

  it('tells only providers to pass a notice on', () => {
    expect(toProviderHint(buildConstituent({ kind: 'isp' }))).not.toBeNull();
    expect(toProviderHint(buildConstituent({ kind: 'hospital' }))).toBeNull();
  });

  it('finds the action of a step, with TLS 1.2 in it', () => {
    expect(splitStep('古い方式を切る。TLS 1.2以上にします。')).toEqual({ action: '古い方式を切る。', detail: 'TLS 1.2以上にします。' });
    expect(splitStep('Keep TLS 1.2 only. Stop the rest.')).toEqual({ action: 'Keep TLS 1.2 only.', detail: 'Stop the rest.' });
    expect(splitStep('Restart it')).toEqual({ action: 'Restart it', detail: '' });
  });
});
