import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';

function fileWith(yaml: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'yagura-config-')), 'yagura.yaml');
  writeFileSync(file, yaml);
  return file;
}

describe('readConfig', () => {
  it('works without a file and stays on loopback', () => {
    const config = readConfig({ environment: {} });
    expect(config.server).toMatchObject({ port: 8600, address: '127.0.0.1' });
  });

  it('refuses an unknown key with its line', () => {
    const file = fileWith('data: here\nserver:\n  port: 8601\n  prot: 1\n');
    expect(() => readConfig({ file, environment: {} })).toThrow(/line 4: unknown key server\.prot/);
  });

  it('refuses a wrong value with its line', () => {
    const file = fileWith('server:\n  port: many\n');
    expect(() => readConfig({ file, environment: {} })).toThrow(/line 2: server\.port/);
  });

  it('names the line of broken YAML', () => {
    expect(() => readConfig({ file: fileWith('a: [1\nb: 2\n'), environment: {} })).toThrow(/line \d+/);
  });

  it('lets the environment win over the file and the command line over both', () => {
    const file = fileWith('server:\n  port: 1\n');
    expect(readConfig({ file, environment: { YAGURA_PORT: '2' } }).server.port).toBe(2);
    expect(readConfig({ file, environment: { YAGURA_PORT: '2' }, overrides: { server: { port: 3 } } }).server.port).toBe(3);
  });

  it('refuses an unknown variable of ours', () => {
    expect(() => readConfig({ environment: { YAGURA_PROT: '1' } })).toThrow(/YAGURA_PROT/);
  });

  it('resolves the data folder beside the file that names it', () => {
    const file = fileWith('data: kept\n');
    expect(readConfig({ file, environment: {} }).data).toBe(join(file, '..', 'kept'));
  });

  it('lets no mail go out without a name', () => {
    const environment = { YAGURA_SMTP_URL: 'smtp://mail.example' };
    expect(() => readConfig({ environment })).toThrow(/no sender/);
    const file = fileWith(
      'sender: { name: { ja: センター, en: Centre }, postalAddress: { ja: 例示県, en: Example }, mail: a@centre.example, answerUrl: centre.example/a }',
    );
    expect(readConfig({ file, environment }).isSenderSet).toBe(true);
    expect(readConfig({ environment: {} }).isSenderSet).toBe(false);
  });
});
