/**
 * How long finding C&C servers in a day of flow records takes, from the question to the
 * candidates, in the store where the records lie; and whether it finds the right ones.
 *
 * The day is that of the tests, larger: browsing, clocks, update checks, push channels and
 * botnets, with every packet looked at, which is the case with most records per server.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadPopular } from '../src/c2/popular.ts';
import { scoreC2 } from '../src/c2/score.ts';
import { DEFAULT_C2_SETTINGS } from '../src/c2/settings.ts';
import type { C2FlowReader } from '../src/domain/c2-flows.ts';
import type { ColumnBatch } from '../src/domain/telemetry-table.ts';
import { createLog } from '../src/engine/log.ts';
import { openTelemetry } from '../src/store/telemetry/index.ts';
import { DAY_END, DAY_START, makeWorld } from '../test/support/c2-world.ts';

const FLOWS_PER_CLIENT = 860;
const CONNECTIONS_EACH = 60;
const ROUNDS = 3;
const MEGABYTE = 1 << 20;

export async function benchC2(out: string, flows: number): Promise<void> {
  const folder = join(out, 'c2');
  rmSync(folder, { recursive: true, force: true });
  const store = await openTelemetry({ path: join(folder, 'engine'), spoolDirectory: join(folder, 'spool'), log: createLog('warn') });
  try {
    const batches: ColumnBatch[] = [];
    const clients = Math.round(flows / FLOWS_PER_CLIENT);
    const world = makeWorld({ seed: 1, clients, sampling: 1, connectionsEach: CONNECTIONS_EACH, botnets: 5 }, (full) =>
      batches.push(full.take()),
    );
    batches.push(world.flows.take());
    const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
    for (let i = 0; batches.length > 0; i++) await store.insert(batches.splice(0, 1), `c2:${i}`);
    await store.settled();

    process.stdout.write(
      `\n## C&C servers: ${rows.toLocaleString('en')} flows of ${clients.toLocaleString('en')} clients, ${world.seeds.length} infected hosts\n`,
    );
    process.stdout.write(
      '\n| round | s | of it in the engine | own processor s | flows/s | own memory, MB more | found | wrong |\n|---|---|---|---|---|---|---|---|\n',
    );
    const question = { tenant: 'main', from: DAY_START, to: DAY_END, seeds: { hosts: world.seeds, servers: [] } };
    for (let round = 1; round <= ROUNDS; round++) {
      const asked = { seconds: 0 };
      const memory = process.memoryUsage().rss;
      const cpu = process.cpuUsage();
      const started = performance.now();
      const found = await scoreC2({ ...question, allow: loadPopular(), settings: DEFAULT_C2_SETTINGS }, timed(store.c2, asked));
      const seconds = (performance.now() - started) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      const right = found.filter(({ address, port }) => world.controllers.has(`${address}:${port}`)).length;
      const cells = [
        round,
        seconds.toFixed(1),
        asked.seconds.toFixed(1),
        ((user + system) / 1e6).toFixed(1),
        Math.round(rows / seconds).toLocaleString('en'),
        Math.round((process.memoryUsage().rss - memory) / MEGABYTE),
        `${right} of ${world.controllers.size}`,
        found.length - right,
      ];
      process.stdout.write(`| ${cells.join(' | ')} |\n`);
    }
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same reader; adds up how long its answers take. */
function timed(reader: C2FlowReader, asked: { seconds: number }): C2FlowReader {
  const measure = async <T>(answer: Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await answer;
    asked.seconds += (performance.now() - started) / 1000;
    return result;
  };
  return {
    seedHosts: (scope, hosts) => measure(reader.seedHosts(scope, hosts)),
    clientsOf: (scope, servers, mostShare) => measure(reader.clientsOf(scope, servers, mostShare)),
    survey: (scope, seeds) => measure(reader.survey(scope, seeds)),
    async *series(...question) {
      const pages = reader.series(...question)[Symbol.asyncIterator]();
      for (;;) {
        const page = await measure(pages.next());
        if (page.done === true) return;
        yield page.value;
      }
    },
    metBefore: (scope, servers, days) => measure(reader.metBefore(scope, servers, days)),
    ordinaryClients: (scope, addresses) => measure(reader.ordinaryClients(scope, addresses)),
  };
}
