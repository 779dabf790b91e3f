/**
 * The ground truth of a simulation: everything that was planted, found or not.
 *
 * Written beside the files, so that precision and recall can be shown and not only
 * claimed. Recall is only fair over what left enough evidence: `isDetectable` says so by
 * the published rules of the detectors, counted from the recorded packets themselves.
 */
import { z } from 'zod';
import { FINDING_KINDS } from '../domain/finding.ts';
import { YaguraError } from '../engine/errors.ts';
import { SCALES } from './country.ts';

const time = z.number().int().describe('Unix time, ms');
const span = z.object({ from: time, to: time });

const plantedSchema = z
  .object({
    kind: z.enum(FINDING_KINDS),
    identifier: z.string().describe("Finer than the kind: 'mirai', 'open-telnet'"),
    asset: z.string().describe('Address as text'),
    port: z.number().int().nullable(),
    source: z.enum(['telescope', 'feed']).describe('Which way the evidence reaches the hub'),
    constituentId: z.string().nullable().describe('Who was responsible when it was last seen; null: nobody in the register'),
    firstSeenAt: time.nullable().describe('Null when nothing of it reached the telescope'),
    lastSeenAt: time.nullable(),
    packets: z.number().int().describe('Recorded packets that are evidence for it'),
    records: z.number().int().describe('Records in reports'),
    isDetectable: z.boolean().describe('Enough evidence was recorded'),
    lineIds: z.array(z.string()).describe('Lines that had the address; more than one where addresses go round'),
    alsoTrue: z.array(z.enum(FINDING_KINDS)).describe('Other judgements about the asset that would be true'),
  })
  .describe('One planted finding');
export type Planted = z.infer<typeof plantedSchema>;

const portEvent = z.object({
  protocol: z.number().int(),
  port: z.number().int(),
  from: time,
  to: time,
  packets: z.number().int().describe('Recorded'),
  sources: z.number().int().describe('Different sources of the recorded packets'),
  networks: z.number().int().describe('Different /24 among them'),
});
export type PlantedEvent = z.infer<typeof portEvent>;

const server = z.object({ address: z.string(), port: z.number().int(), transport: z.enum(['tcp', 'udp']) });

const plantedServer = server.extend({
  family: z.string(),
  rhythm: z.enum(['periodic', 'jittered', 'persistent']).describe('How its clients come back'),
  periodSeconds: z.number(),
  clients: z.number().int().describe('Lines that talk to it'),
  infectedClients: z.number().int().describe('Of these, lines that the telescope may know as infected'),
  records: z.number().int().describe('Exported, both directions'),
  seenClients: z.number().int().describe('Lines of which at least one record was exported'),
  seenInfected: z.number().int(),
});
export type PlantedServer = z.infer<typeof plantedServer>;

const carrierSchema = z.object({
  sensor: z.string(),
  exporter: z.string(),
  sampling: z.number().int(),
  subscribers: z.number().int(),
  records: z.number().int(),
  c2: z.array(plantedServer),
  lookAlikes: z.array(server.extend({ kind: z.string(), clients: z.number().int() })).describe('Regular and harmless'),
});
export type CarrierTruth = z.infer<typeof carrierSchema>;

const truthSchema = z.object({
  seed: z.number().int(),
  scale: z.enum(SCALES),
  from: time,
  until: time,
  sensor: z.object({ id: z.string(), title: z.string(), addresses: z.number().int() }),
  packets: z.number().int().describe('Recorded in all files'),
  classPackets: z.record(z.string(), z.number().int()).describe('By traffic class, as the actors meant them'),
  researchPackets: z.number().int(),
  researchScanners: z.array(z.object({ group: z.string(), tool: z.string(), addresses: z.array(z.string()) })),
  events: z.object({
    waves: z.array(time).describe('Begin of each infection wave'),
    floods: z.array(span),
    gaps: z.array(span).describe('The sensor recorded nothing'),
  }),
  surges: z.array(portEvent).describe('Many new sources on one port'),
  campaigns: z.array(z.object({ ports: z.array(z.number().int()), packets: z.number().int(), sources: z.number().int() })),
  suppressed: z
    .array(portEvent.extend({ reason: z.literal('one-packet-hosts') }))
    .describe('Forged evidence that must not become a finding'),
  carrier: carrierSchema.nullable().describe('What the carrier sees of its subscribers; null: not simulated'),
  assignments: z.object({ lines: z.number().int(), leases: z.number().int(), addressChanges: z.number().int() }),
  planted: z.array(plantedSchema),
});
export type Truth = z.infer<typeof truthSchema>;

/** Reads truth.json. Throws 'input-malformed' naming the first thing that is wrong. */
export function parseTruth(text: string, file: string): Truth {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new YaguraError('input-malformed', 'this is not JSON; name the truth.json that yagura simulate wrote', { file, cause });
  }
  const result = truthSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.map(String).join('.') ?? '';
  throw new YaguraError('input-malformed', `this is not a ground truth: ${where} ${issue?.message ?? ''}`, { file, cause: result.error });
}
