/**
 * Judging an hour of a national telescope: 80 million packets that became some 20 million
 * cells, all telescope detectors, two cores.
 *
 * Cells are made directly as columns, in the proportions operators publish: three fifths of
 * the packets from a few thousand research scanners that try many ports every minute, most
 * of the rest from infected devices that knock once in a while, floods' answers, a wave of
 * hosts with one packet each, and noise. Only judging is timed: telemetry is asked, rows are
 * judged and attributed; what folding findings into the state store costs is left out.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ColumnBatch } from '../src/domain/telemetry-table.ts';
import { TRAFFIC_CLASS_CODE } from '../src/domain/traffic-class.ts';
import { createLog } from '../src/engine/log.ts';
import { openTelemetry, type TelemetryStore } from '../src/store/telemetry/index.ts';
import type { JudgedHour } from './judge-hour.ts';
import { measure } from './measure.ts';

const HOUR_START = Date.UTC(2026, 5, 3, 10);
const DAY_START = Date.UTC(2026, 5, 3);
const SENSOR_ADDRESSES = 290_000;
const MINUTES = 60;

/** What there is at full scale; packets come to some 80 million, cells to some 20 million. */
const RESEARCH = { sources: 2600, portsPerMinute: 68, packets: 4.5 };
const BOTS = { sources: 180_000, perMinute: 0.72, packets: 3.6 };
const VICTIMS = { sources: 4000, perMinute: 2, packets: 6 };
const ONE_PACKET_HOSTS = 200_000;
const NOISE_PER_MINUTE = 10_000;

/** `scale` 1 is the whole hour. The store is made once and kept for further runs. */
export async function benchDetect(out: string, scale: number): Promise<void> {
  const folder = join(out, `detect-${scale}`);
  const isMade = join(folder, 'made');
  if (!existsSync(isMade)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await fill(folder, scale);
    writeFileSync(isMade, '');
  }
  const program = join(import.meta.dirname, 'judge-hour.ts');
  const place = [folder, 'bench', String(DAY_START), String(SENSOR_ADDRESSES)];
  const cost = await measure([process.execPath, program, ...place], { samplesMemory: true });
  if (cost.status !== 0) throw new Error(`judging ended with ${cost.status}: ${cost.output.slice(0, 500)}`);
  const { seconds, packets, cells, found } = JSON.parse(cost.output) as JudgedHour;
  const findings = Object.entries(found).map(([kind, count]) => `${count} ${kind}`);
  const line = [
    packets.toLocaleString('en'),
    cells.toLocaleString('en'),
    seconds.toFixed(1),
    cost.cpuSeconds.toFixed(1),
    Math.round(cells / seconds).toLocaleString('en'),
    (cost.peakBytes / 1e6).toFixed(0),
    findings.join(', '),
  ];
  process.stdout.write(`\n## Judging an hour of a national telescope (scale ${scale})\n\n`);
  process.stdout.write('| packets | cells | judging, wall s | CPU s, whole process | cells/s | peak memory, MB | findings |\n');
  process.stdout.write(`|---|---|---|---|---|---|---|\n| ${line.join(' | ')} |\n`);
}

const open = (folder: string): Promise<TelemetryStore> =>
  openTelemetry({ path: join(folder, 'telemetry'), spoolDirectory: join(folder, 'spool'), log: createLog('warn') });

// ---- Making the hour

async function fill(folder: string, scale: number): Promise<void> {
  const telemetry = await open(folder);
  const next = xorshift(20_260_603);
  try {
    for (let minute = 0; minute < MINUTES; minute++) {
      const rows = new Cells(HOUR_START + minute * 60_000, next);
      addMinute(rows, minute, scale, next);
      for (const [part, batch] of rows.batches().entries()) await telemetry.insert([batch], `minute:${minute}:${part}`);
    }
  } finally {
    await telemetry.close();
  }
}

const RESEARCH_BLOCK = 0xc612_0000; // 198.18.0.0/15
const BOT_BLOCK = 0xf000_0000; // 240.0.0.0/4: never routed
const VICTIM_BLOCK = 0xf100_0000;
const ONE_PACKET_BLOCK = 0xf200_0000;
const NOISE_BLOCK = 0xf300_0000;
const BOT_PORTS = [23, 23, 23, 23, 2323, 80, 8080, 5555, 37215, 22];
const ONE_PACKET_MINUTES = 10;

function addMinute(rows: Cells, minute: number, scale: number, next: () => number): void {
  for (let who = 0; who < RESEARCH.sources * scale; who++) {
    const marks = who % 3 === 0 ? 'zmap' : who % 3 === 1 ? 'masscan' : 'none';
    for (let n = 0; n < RESEARCH.portsPerMinute; n++) {
      const port = (who * 97 + minute * 13 + n * 41) % (who % 4 === 0 ? 60_000 : 200);
      rows.add(RESEARCH_BLOCK + who, 'tcp-scan', 6, port + 1, about(RESEARCH.packets, next), marks);
    }
  }
  for (let who = 0; who < BOTS.sources * scale; who++) {
    if (next() % 1000 >= BOTS.perMinute * 1000) continue;
    const isMarked = who % 3 !== 0;
    rows.add(
      BOT_BLOCK + who * 3,
      'tcp-scan',
      6,
      BOT_PORTS[(who + (next() % 2)) % BOT_PORTS.length] ?? 23,
      about(BOTS.packets, next),
      isMarked ? 'mirai' : 'none',
    );
  }
  for (let who = 0; who < VICTIMS.sources * scale; who++) {
    if ((who * 7 + minute) % 60 > 25) continue;
    for (let n = 0; n < VICTIMS.perMinute; n++)
      rows.add(VICTIM_BLOCK + who, 'backscatter', 6, n === 0 ? 443 : 80, about(VICTIMS.packets, next), 'none');
  }
  if (minute >= 20 && minute < 20 + ONE_PACKET_MINUTES) {
    const each = Math.round((ONE_PACKET_HOSTS * scale) / ONE_PACKET_MINUTES);
    for (let n = 0; n < each; n++) rows.add(ONE_PACKET_BLOCK + (minute - 20) * each + n, 'tcp-scan', 6, 22, 1, 'none');
  }
  for (let n = 0; n < NOISE_PER_MINUTE * scale; n++)
    rows.add(NOISE_BLOCK + (next() % 0x0100_0000), 'udp-probe', 17, next() % 65_536, 1, 'none');
}

const about = (mean: number, next: () => number): number => 1 + (next() % Math.round(2 * mean - 1));

/** A small generator with a full 32-bit state; the same seed gives the same hour. */
function xorshift(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

type Mark = 'mirai' | 'zmap' | 'masscan' | 'none';

const ROWS_PER_BATCH = 100_000;

/** The cells of one minute as columns. */
class Cells {
  readonly #startsAt: number;
  readonly #next: () => number;
  readonly #rows: { source: number; class: number; protocol: number; port: number; packets: number; mark: Mark }[] = [];

  constructor(startsAt: number, next: () => number) {
    this.#startsAt = startsAt;
    this.#next = next;
  }

  add(source: number, kind: keyof typeof TRAFFIC_CLASS_CODE, protocol: number, port: number, packets: number, mark: Mark): void {
    this.#rows.push({ source, class: TRAFFIC_CLASS_CODE[kind], protocol, port, packets, mark });
  }

  batches(): ColumnBatch[] {
    const batches: ColumnBatch[] = [];
    for (let from = 0; from < this.#rows.length; from += ROWS_PER_BATCH)
      batches.push(this.#batch(from, Math.min(this.#rows.length, from + ROWS_PER_BATCH)));
    return batches;
  }

  #batch(from: number, to: number): ColumnBatch {
    const part = this.#rows.slice(from, to);
    const rows = part.length;
    const source = new Uint8Array(rows * 16);
    const view = new DataView(source.buffer);
    const bits = new BigUint64Array(rows);
    const first = new BigUint64Array(rows);
    const last = new BigUint64Array(rows);
    for (const [row, cell] of part.entries()) {
      view.setUint32(row * 16 + 8, 0xffff);
      view.setUint32(row * 16 + 12, cell.source >>> 0);
      for (let n = 0; n < Math.min(cell.packets, 6); n++) bits[row] = (bits[row] ?? 0n) | (1n << BigInt(this.#next() & 63));
      const at = this.#next() % 30_000;
      first[row] = BigInt(this.#startsAt + at);
      last[row] = BigInt(this.#startsAt + at + (cell.packets > 1 ? this.#next() % 30_000 : 0));
    }
    const marked = (mark: Mark): Uint32Array => Uint32Array.from(part, (cell) => (cell.mark === mark ? cell.packets : 0));
    const codes = new Uint8Array(rows);
    return {
      table: 'telescope_minute',
      rows,
      columns: {
        minute: new Uint32Array(rows).fill(this.#startsAt / 1000),
        tenant: { dictionary: ['main'], codes },
        sensor: { dictionary: ['bench'], codes },
        source,
        class: Uint8Array.from(part, (cell) => cell.class),
        protocol: Uint8Array.from(part, (cell) => cell.protocol),
        port: Uint16Array.from(part, (cell) => cell.port),
        packets: Uint32Array.from(part, (cell) => cell.packets),
        bytes: BigUint64Array.from(part, (cell) => BigInt(cell.packets * 44)),
        first_ms: first,
        last_ms: last,
        targets: Uint32Array.from(part, (cell) => Math.min(cell.packets, 6)),
        target_bits: bits,
        source_port: Uint16Array.from(part, (cell) => 1024 + (cell.source & 0x7fff)),
        ttl_min: new Uint8Array(rows).fill(50),
        ttl_max: new Uint8Array(rows).fill(52),
        window: new Uint16Array(rows).fill(1024),
        fp_mirai: marked('mirai'),
        fp_zmap: marked('zmap'),
        fp_masscan: marked('masscan'),
        fp_nmap: new Uint32Array(rows),
        fp_bare: new Uint32Array(rows),
        asn: new Uint32Array(rows),
        country: { dictionary: [''], codes },
      },
    };
  }
}
