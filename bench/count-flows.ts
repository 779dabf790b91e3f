/** How many flow records a data folder holds: `node bench/count-flows.ts DATA`. */
import { join } from 'node:path';
import { createLog } from '../src/engine/log.ts';
import { openTelemetry } from '../src/store/telemetry/index.ts';

const data = process.argv[2] ?? '';
const store = await openTelemetry({ path: join(data, 'telemetry'), spoolDirectory: join(data, 'spool'), log: createLog('silent') });
process.stdout.write(String(await store.countRows('flow')));
await store.close();
