/** A start that cannot succeed says why and ends, instead of staying half open. */
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder, yagura } from './support/command-line.ts';
import { emptyData } from './support/empty-data.ts';

/** A port that somebody else listens on. */
async function takenPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

describe('a hub that cannot start', () => {
  it('ends when its port is taken, and leaves the data folder to the next', async () => {
    const data = emptyData(join(temporaryFolder(), 'data'));
    const port = await takenPort();
    const { status, messages } = await yagura('start', '--data', data, '--port', String(port));
    expect(status).toBe(78);
    expect(messages).toContain(`yagura: port ${port} is taken; name another with --port`);
    expect(existsSync(join(data, 'hub.json'))).toBe(false);
    expect((await yagura('findings', '--data', data, '--json')).status).toBe(0);
  }, 120_000);

  it('ends at a wrong configuration, with the line', async () => {
    const file = join(temporaryFolder(), 'yagura.yaml');
    writeFileSync(file, 'data: here\nsendr: {}\n');
    const { status, messages } = await yagura('start', '--config', file);
    expect({ status, messages }).toEqual({ status: 78, messages: `yagura: ${file}: line 2: unknown key sendr\n` });
  });

  it('ends when it would listen to the world without a token', async () => {
    const file = join(temporaryFolder(), 'yagura.yaml');
    writeFileSync(file, 'server: { address: 0.0.0.0 }\n');
    const { status, messages } = await yagura('start', '--config', file);
    expect(status).toBe(78);
    expect(messages).toContain('only with an access token');
  });
});
