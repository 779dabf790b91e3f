/** One finding explained: figures from the store, words from src/explain, advice and rules from their catalogues. */
import { z } from '@hono/zod-openapi';
import { caseTitle } from '../../cases/titles.ts';
import { detectors } from '../../detectors/index.ts';
import type { FindingEvidence } from '../../domain/finding.ts';
import type { Text } from '../../domain/text.ts';
import { addressesAt } from '../../domain/watching.ts';
import { explain } from '../../explain/explain.ts';
import { planPicture, sentenceOfPicture, titleOfPicture } from '../../explain/picture.ts';
import { describeQuality, type SensorView } from '../../explain/quality.ts';
import { intervalsOf, isFromFeed, type Subject } from '../../explain/subject.ts';
import { same } from '../../explain/words.ts';
import { constituentNames } from '../../store/state/constituents.ts';
import type { StoredFinding } from '../../store/state/findings.ts';
import type { SourceActivity } from '../../store/telemetry/questions/source-activity.ts';
import { type Explanation, explanationSchema, type FindingPicture, type FindingQuality } from '../explanation-contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare } from '../route.ts';
import type { SessionRules } from '../session.ts';
import { gapsOfSensors, knownSensors } from '../watching.ts';
import { findingOf, observationsOf, toWireFinding } from './findings.ts';

const MINUTE = 60_000;
const SAMPLE = 12;
const PORTS_SHOWN = 12;

export function explanationRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/findings/{fingerprint}/explanation',
      permission: 'finding.read',
      summary: 'One finding explained: what we saw, why we think so, how sure we are, what the data could not show, what to do',
      params: z.object({ fingerprint: z.string().describe('Also its first characters, at least eight') }),
      answer: explanationSchema,
    }),
    async (c) => {
      const finding = await findingOf(parts, c.get('session').tenant, c.req.valid('param').fingerprint);
      return c.json(await explanationOf(parts, finding), 200);
    },
  );
}

async function explanationOf(parts: ServerParts, finding: StoredFinding): Promise<Explanation> {
  const names = await constituentNames(parts.db, finding.tenant);
  const { constituentId } = finding.attribution;
  const subject: Subject = { ...finding, constituent: constituentId === null ? null : (names.get(constituentId) ?? null) };
  const [quality, sample] = await Promise.all([qualityOf(parts, subject), observationsOf(parts, finding, SAMPLE, 0)]);
  const picture = await pictureOf(parts, subject, quality);
  const told = explain(subject, caseTitle(finding.kind, finding.identifier), parts.render.advice(finding.kind));
  return {
    finding: toWireFinding(finding, names),
    heading: told.heading,
    lead: told.lead,
    saw: [...told.saw],
    why: [...told.why],
    confidence: told.confidence,
    doubts: [...told.doubts],
    unseen: [...told.unseen],
    advice: { ...told.advice, steps: [...told.advice.steps] },
    rule: ruleOf(finding.evidence.rule),
    sample: { ...sample, cursor: null },
    question: questionOf(subject),
    quality,
    picture,
  };
}

/** All cells it rests on, as Explore asks for them. */
function questionOf(subject: Subject): Explanation['question'] {
  if (isFromFeed(subject) || subject.asset.kind !== 'ip') return null;
  const words = [`source ${subject.asset.value}`, ...(subject.kind === 'dos-victim' ? ['class backscatter'] : [])];
  return { source: 'telescope', filter: words.join(' and '), ...periodOfFinding(subject) };
}

function periodOfFinding({ firstSeenAt, lastSeenAt }: Subject): { from: number; to: number } {
  return { from: Math.floor(firstSeenAt / MINUTE) * MINUTE, to: Math.floor(lastSeenAt / MINUTE) * MINUTE + MINUTE };
}

async function qualityOf(parts: ServerParts, subject: Subject): Promise<FindingQuality> {
  const period = periodOfFinding(subject);
  if (isFromFeed(subject))
    return describeQuality({ period, feed: subject.origin.report ?? subject.origin.feed ?? '', sensors: [], keptSince: null });
  const { tenant } = subject;
  const wanted = new Set(subject.evidence.sensors);
  const known = (await knownSensors(parts, tenant)).filter(({ id }) => wanted.has(id));
  const [gaps, { origins, erasedUntil }] = await Promise.all([
    gapsOfSensors(parts, tenant, known, period),
    parts.telemetry.explore.quality({ tenant, source: 'telescope', filter: '', ...period }),
  ]);
  const sensors = subject.evidence.sensors.map((id): SensorView => {
    const sensor = known.find((one) => one.id === id);
    return {
      id,
      title: sensor?.title ?? same(id),
      addresses: sensor ? addressesAt(sensor.history, subject.lastSeenAt) : null,
      gaps: gaps.get(`${id}\u001f`) ?? null,
      origins: origins.filter((origin) => origin.sensor === id),
    };
  });
  return describeQuality({ period, feed: null, sensors, keptSince: erasedUntil });
}

async function pictureOf(parts: ServerParts, subject: Subject, quality: FindingQuality): Promise<FindingPicture | null> {
  const plan = planPicture(subject);
  if (!plan) return null;
  const { kind, isWhole, ...question } = plan;
  const activity = await parts.telemetry.sourceActivity({
    tenant: subject.tenant,
    source: subject.asset.value,
    ports: PORTS_SHOWN,
    ...question,
  });
  const { from, to, stepSeconds } = plan;
  const ports = activity.ports.map(({ packets, ...port }) => ({ name: portName(port), packets }));
  const steps = activity.steps.map((step) => ({ ...step }));
  return {
    kind,
    title: titleOfPicture(kind),
    alt: sentenceOfPicture(kind, { from, stepSeconds, ports, steps }),
    from,
    to,
    stepSeconds,
    isWhole,
    gaps: quality.gaps.filter((gap) => gap.to > from && gap.from < to),
    ports,
    distinctPorts: activity.distinctPorts,
    cells: activity.cells.map((cell) => ({ ...cell })),
    steps,
    intervals: intervalsOf(subject).filter((one) => one.to > from && one.from < to),
  };
}

function portName({ protocol, port }: Pick<SourceActivity['ports'][number], 'protocol' | 'port'>): string {
  const name = protocol.toUpperCase();
  return protocol === 'tcp' || protocol === 'udp' ? `${port}/${name}` : name;
}

/** The rule with its parameters in words, as its module describes them. */
function ruleOf({ id, version, parameters }: FindingEvidence['rule']): Explanation['rule'] {
  const detector = detectors.find((one) => one.id === id);
  const schema = detector && (z.toJSONSchema(detector.settings, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
  return {
    id,
    version,
    title: detector?.title ?? same(id),
    parameters: Object.entries(parameters).map(([name, value]) => ({
      name,
      value,
      meaning: toMeaning(schema?.properties?.[name]?.description),
    })),
  };
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
}

/** Descriptions of settings are written 'English / 日本語'. */
export function toMeaning(description: string | undefined): Text | null {
  if (description === undefined) return null;
  const [en = '', ...rest] = description.split(' / ');
  const ja = rest.join(' / ');
  return { ja: ja === '' ? en : ja, en };
}
