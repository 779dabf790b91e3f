/** What the routes are handed: stores, the way in, the way out, and who we are. */
import type { Attributor, Constituent } from '../domain/constituent.ts';
import type { Role } from '../domain/permission.ts';
import type { Purpose } from '../domain/purpose.ts';
import type { Text } from '../domain/text.ts';
import type { Clock } from '../engine/clock.ts';
import type { Log } from '../engine/log.ts';
import type { Detector, Notifier, RenderContext } from '../engine/modules.ts';
import type { Configured, Pipeline } from '../engine/pipeline.ts';
import type { SurgeStore } from '../engine/surge-ports.ts';
import type { EdgeDoor } from '../live/edge-door.ts';
import type { PacketStore } from '../packets/packet-store.ts';
import type { StateDatabase } from '../store/state/open.ts';
import type { TelemetryStore } from '../store/telemetry/index.ts';
import type { PortProducts } from '../surge/kev.ts';
import type { SurgeWatch } from '../surge/watch.ts';
import type { ArrivalsFeed } from './arrivals.ts';
import type { C2Desk } from './c2-desk.ts';
import type { NewToken, NotifyResult } from './contract.ts';
import type { EventBus } from './events.ts';
import type { OwnRange } from './own-range.ts';

export interface ServerParts {
  readonly version: string;
  readonly db: StateDatabase;
  readonly telemetry: TelemetryStore;
  readonly pipeline: Pipeline;
  readonly attributor: () => Attributor;
  /** Name of an AS in the address tables, null when unknown. */
  networkName(asn: number): string | null;
  readonly detectors: readonly Configured<Detector>[];
  readonly notifiers: readonly Configured<Notifier>[];
  readonly render: RenderContext;
  readonly events: EventBus;
  readonly arrivals: ArrivalsFeed;
  readonly clock: Clock;
  readonly log: Log;
  readonly sender: Text;
  readonly marking: string;
  /** For which purposes records of communications may be looked at; days as configured. */
  readonly purposes: readonly Purpose[];
  /** C&C servers in flow records. */
  readonly c2: C2Desk;
  /** Folder where uploads wait until they are taken. */
  readonly incoming: string;
  simulation(): Promise<{ readonly seed: number } | null>;
  importConstituents(tenant: string, constituents: readonly Constituent[], actor: string): Promise<void>;
  parseConstituents(text: string, file: string): readonly Constituent[];
  /** Batches of edge collectors come in here. */
  readonly edgeDoor: EdgeDoor;
  readonly createToken: (tenant: string, role: Role, name: string, actor: string) => Promise<NewToken>;
  /** Alerts about constituents' own addresses. */
  readonly ownRange: OwnRange;
  /** Raw packets kept by policy. */
  readonly packets: PacketStore;
  /** Surges and campaigns: who looks for them, where they are kept, and what listens where. */
  readonly surges: { readonly watch: SurgeWatch; readonly store: SurgeStore; readonly portProducts: readonly PortProducts[] };
  /** Queues what is due and delivers the queue; with a case, for that case only. */
  notify(tenant: string, actor: string, only?: { readonly caseId: string; readonly channel: string }): Promise<NotifyResult>;
  /** One IntelMQ event per feed record. */
  toIntelmqEvent(record: {
    readonly report: string;
    readonly receivedAt: number;
    readonly attributes: Readonly<Record<string, string>>;
  }): Record<string, unknown>;
}
