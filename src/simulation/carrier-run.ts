/**
 * The carrier's exports of a span of time, hour by hour, at one or several sampling
 * intervals at once: the same connections, looked at more or less closely.
 */
import { formatIpv4Number } from '../domain/address.ts';
import { CARRIER_SENSOR, type Carrier, createCarrier, type Regular } from './carrier.ts';
import { connectionsOfHour } from './carrier-flows.ts';
import { type Country, HOUR } from './country.ts';
import { EXPORTER, FlowExporter } from './flow-exporter.ts';
import type { CarrierTruth, PlantedServer } from './truth.ts';

const UDP = 17;

export interface HourOfExports {
  readonly from: number; // Unix ms
  /** Capture records by sampling interval, in the order given. */
  readonly exports: readonly Uint8Array[];
}

export class CarrierRun {
  readonly carrier: Carrier;
  readonly #exporters: readonly FlowExporter[];

  constructor(country: Country, samplings: readonly number[]) {
    this.carrier = createCarrier(country);
    this.#exporters = samplings.map((sampling) => new FlowExporter(country, sampling));
  }

  /** What ends within each hour is exported with it; the last one brings the rest, unless more is to follow. */
  *hours(from: number, to: number, isMoreToFollow = false): Generator<HourOfExports> {
    for (let hour = Math.floor(from / HOUR) * HOUR; hour < to; hour += HOUR) {
      const end = Math.min(to, hour + HOUR);
      connectionsOfHour(this.carrier, hour, (connection) => {
        if (connection.at < from || connection.at >= to) return;
        for (const exporter of this.#exporters) exporter.take(connection);
      });
      const until = end === to && !isMoreToFollow ? Number.POSITIVE_INFINITY : end;
      yield { from: Math.max(hour, from), exports: this.#exporters.map((exporter) => exporter.export(until)) };
    }
  }

  /** What was planted, and what of it was exported at the sampling interval at this place. */
  truth(place: number): CarrierTruth {
    const { subscribers, botnets, lookAlikes } = this.carrier;
    const exporter = this.#exporters[place];
    if (!exporter) throw new RangeError(`there is no exporter ${place}`);
    const clientsOf = (server: Regular) => subscribers.filter(({ visits }) => visits.includes(server));
    const c2 = botnets.map((server): PlantedServer => {
      const clients = clientsOf(server);
      const seen = exporter.seen[server.planted];
      return {
        ...endOf(server),
        family: server.family,
        rhythm: server.rhythm,
        periodSeconds: server.periodSeconds,
        clients: clients.length,
        infectedClients: clients.filter(({ isInfected }) => isInfected).length,
        records: seen?.records ?? 0,
        seenClients: seen?.lines.size ?? 0,
        seenInfected: clients.filter(({ isInfected, place: line }) => isInfected && seen?.lines.has(line)).length,
      };
    });
    return {
      sensor: CARRIER_SENSOR,
      exporter: formatIpv4Number(EXPORTER),
      sampling: exporter.sampling,
      subscribers: subscribers.length,
      records: exporter.records,
      c2,
      lookAlikes: lookAlikes.map((server) => ({ ...endOf(server), kind: server.kind, clients: clientsOf(server).length })),
    };
  }
}

const endOf = ({ address, port, protocol }: Regular) => ({
  address: formatIpv4Number(address),
  port,
  transport: protocol === UDP ? ('udp' as const) : ('tcp' as const),
});
