/**
 * 'one-packet-floods': ports at which, within ten minutes, very many sources appeared that
 * sent this sensor one single packet in the whole period.
 *
 * Real hosts come back; forged senders are drawn anew for every packet. A large telescope
 * sees hundreds of thousands of such "hosts" on some days. Which of them to believe is the
 * detectors' business; this only counts.
 */
import type { OnePacketFlood } from '../../../domain/question.ts';
import { TRAFFIC_CLASS_CODE } from '../../../domain/traffic-class.ts';
import type { QuestionRange } from '../../../engine/ports.ts';
import type { Engine } from '../engine.ts';
import { sql } from '../sql.ts';
import { inPeriod } from './conditions.ts';
import { walk } from './ranges.ts';
import { toMilliseconds } from './values.ts';

const SLOT_SECONDS = 600;
/** From here on chance meetings of slow sources are out of the question. */
const LEAST_SOURCES = 200;
const MOST_FLOODS = 1000;
const CELLS_PER_RANGE = 400_000;
/**
 * Noise tries every port at any time. When so many places are known those met once are
 * forgotten (lossy counting, Manku and Motwani 2002): a count can be short by one per such
 * clearance, which is nothing beside the number asked for.
 */
const MOST_PLACES = 400_000;

export async function readOnePacketFloods(engine: Engine, range: QuestionRange): Promise<OnePacketFlood[]> {
  const classes = (['tcp-scan', 'udp-probe', 'ping'] as const).map((id) => TRAFFIC_CLASS_CODE[id]);
  const where = sql`${inPeriod(range)} AND class IN ${classes}`;
  const key = [{ name: 'source', kind: 'bytes' }] as const;
  const plan = { table: 'telescope_minute', where, key, rowsPerRange: CELLS_PER_RANGE, sampleBy: ['source', 'minute', 'port'] } as const;
  const places = new Map<number, number>();
  const answers = walk(
    engine,
    plan,
    (sources) => sql`SELECT protocol, port, slot, count() FROM (
      SELECT source, any(protocol) AS protocol, any(port) AS port, intDiv(toUInt32(min(minute)), ${SLOT_SECONDS}) AS slot
      FROM telescope_minute WHERE ${where} AND ${sources} GROUP BY source HAVING sum(packets) = 1)
    GROUP BY protocol, port, slot`,
  );
  for await (const rows of answers) {
    for (const [protocol, port, slot, sources] of rows) {
      const place = (Number(slot) * 256 + Number(protocol)) * 65_536 + Number(port);
      places.set(place, (places.get(place) ?? 0) + Number(sources));
    }
    if (places.size > MOST_PLACES) for (const [place, sources] of places) if (sources === 1) places.delete(place);
  }
  const floods = [...places].filter(([, sources]) => sources >= LEAST_SOURCES).map(toFlood);
  return floods.sort((a, b) => b.sources - a.sources).slice(0, MOST_FLOODS);
}

function toFlood([place, sources]: readonly [number, number]): OnePacketFlood {
  const from = toMilliseconds(Math.floor(place / 65_536 / 256) * SLOT_SECONDS);
  return { protocol: Math.floor(place / 65_536) % 256, port: place % 65_536, from, to: from + SLOT_SECONDS * 1000, sources };
}
