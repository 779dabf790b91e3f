/** What arrives: the watch band, traffic by class over time, the busiest of each kind. */
import { z } from '@hono/zod-openapi';
import type { Text } from '../../domain/text.ts';
import { TRAFFIC_CLASSES, type TrafficClassId } from '../../domain/traffic-class.ts';
import { TOP_BY, type Traffic, type TrafficTop, trafficSchema, trafficTopSchema, type Watch, watchSchema } from '../contract.ts';
import type { ServerParts } from '../parts.ts';
import { periodOf } from '../period.ts';
import { type Api, declare, timeQuery } from '../route.ts';
import type { SessionRules } from '../session.ts';
import { gapsOf } from '../watching.ts';

const TITLES = Object.fromEntries(TRAFFIC_CLASSES.map(({ id, title }) => [id, title])) as Record<TrafficClassId, Text>;
const MINUTE = 60_000;
const DAY = 86_400_000;
const WATCH_STEP_SECONDS = 300;
const MOST_STEPS = 1500;

export function trafficRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const { telemetry, clock } = parts;

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/watch',
      permission: 'traffic.read',
      summary: 'The last 24 hours: volume, gaps, bells',
      answer: watchSchema,
    }),
    async (c) => {
      const to = Math.ceil(clock.now() / MINUTE) * MINUTE;
      return c.json(await watch(parts, c.get('session').tenant, to - DAY, to), 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/traffic',
      permission: 'traffic.read',
      summary: 'Packets by traffic class over time, with gaps',
      query: z.object({
        from: timeQuery.optional(),
        to: timeQuery.optional(),
        step: z.coerce.number().int().min(60).optional(),
        sensor: z.string().optional(),
      }),
      answer: trafficSchema,
    }),
    async (c) => {
      const { from, to, step, sensor } = c.req.valid('query');
      const { tenant } = c.get('session');
      const range = await periodOf(parts, tenant, from, to);
      const stepSeconds = step ?? stepFor(range.to - range.from);
      const result = await telemetry.traffic({ tenant, sensor, ...range, stepSeconds });
      const gaps = await gapsOf(parts, { tenant, sensor, ...range });
      const series = result.series.map((one) => ({ ...one, packets: [...one.packets], title: TITLES[one.class] }));
      return c.json({ ...range, stepSeconds, series, gaps, totals: result.totals } satisfies Traffic, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/traffic/top',
      permission: 'traffic.read',
      summary: 'The busiest ports, sources, networks or countries',
      query: z.object({
        by: z.enum(TOP_BY),
        from: timeQuery.optional(),
        to: timeQuery.optional(),
        limit: z.coerce.number().int().min(1).max(1000).default(10),
      }),
      answer: trafficTopSchema,
    }),
    async (c) => {
      const { by, from, to, limit } = c.req.valid('query');
      const { tenant } = c.get('session');
      const rows = await telemetry.trafficTop({ tenant, ...(await periodOf(parts, tenant, from, to)), by, limit });
      const named = rows.map((row) => ({ ...row, label: labelOf(by, row.key, parts) }));
      return c.json({ by, rows: named } satisfies TrafficTop, 200);
    },
  );
}

function stepFor(span: number): number {
  const steps = [60, 300, 600, 1800, 3600, 6 * 3600, 86_400];
  return steps.find((seconds) => span / (seconds * 1000) <= 300) ?? Math.ceil(span / 1000 / MOST_STEPS);
}

export async function watch(parts: ServerParts, tenant: string, from: number, to: number): Promise<Watch> {
  const range = { tenant, from, to, stepSeconds: WATCH_STEP_SECONDS };
  const { series } = await parts.telemetry.traffic({ ...range, countSources: false });
  const steps = Math.ceil((to - from) / (WATCH_STEP_SECONDS * 1000));
  const sums = Array.from({ length: steps }, (_, i) => series.reduce((sum, { packets }) => sum + (packets[i] ?? 0), 0));
  const gaps = await gapsOf(parts, { tenant, from, to });
  return { from, to, stepSeconds: WATCH_STEP_SECONDS, packets: sums, gaps, bells: bellsOf(sums, from, gaps) };
}

const SURGE_FACTOR = 1.8;
const USUAL_STEPS = 24; // two hours of five minutes

/**
 * Where volume rose well above what the two hours before had and stayed there: the bell of
 * the watch band. A rise out of a gap is no surge: we cannot say what was before.
 */
function bellsOf(packets: readonly number[], from: number, gaps: readonly { from: number; to: number }[]): Watch['bells'] {
  const bells: { at: number; text: Text }[] = [];
  let quietUntil = 0;
  for (let i = USUAL_STEPS; i + 2 < packets.length; i++) {
    const at = from + i * WATCH_STEP_SECONDS * 1000;
    const isAfterGap = gaps.some((gap) => gap.to > at - USUAL_STEPS * WATCH_STEP_SECONDS * 1000 && gap.from < at);
    if (i < quietUntil || isAfterGap) continue;
    const usual = median(packets.slice(i - USUAL_STEPS, i));
    const isRisen = packets.slice(i, i + 3).every((n) => n > Math.max(20, usual * SURGE_FACTOR));
    if (!isRisen || usual === 0) continue;
    const percent = Math.round(((packets[i] ?? 0) / usual - 1) * 100);
    bells.push({ at, text: { ja: `直前2時間より${percent}%多い`, en: `${percent}% above the two hours before` } });
    quietUntil = i + USUAL_STEPS;
  }
  return bells;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

const regions = { ja: new Intl.DisplayNames(['ja'], { type: 'region' }), en: new Intl.DisplayNames(['en'], { type: 'region' }) };
const UNKNOWN: Text = { ja: '不明', en: 'unknown' };

/** A port, network or country as people call it. */
export function labelOf(by: (typeof TOP_BY)[number], key: string, parts: ServerParts): Text {
  if (by === 'country') return /^[A-Z]{2}$/.test(key) ? { ja: regions.ja.of(key) ?? key, en: regions.en.of(key) ?? key } : UNKNOWN;
  if (by === 'network') {
    if (key === '0' || key === '') return UNKNOWN;
    const name = parts.networkName(Number(key));
    return same(name === null || name === `AS${key}` ? `AS${key}` : `AS${key} ${name}`);
  }
  return by === 'port' ? portLabel(key) : same(key);
}

const same = (word: string): Text => ({ ja: word, en: word });

/** IANA service names of the ports people talk about. */
const SERVICES: Readonly<Record<string, string>> = {
  'tcp/22': 'SSH',
  'tcp/23': 'Telnet',
  'tcp/25': 'SMTP',
  'tcp/80': 'HTTP',
  'tcp/443': 'HTTPS',
  'tcp/445': 'SMB',
  'tcp/2323': 'Telnet',
  'tcp/3389': 'RDP',
  'tcp/5555': 'ADB',
  'tcp/8080': 'HTTP',
  'udp/53': 'DNS',
  'udp/123': 'NTP',
  'udp/161': 'SNMP',
  'udp/389': 'CLDAP',
  'udp/514': 'syslog',
  'udp/1900': 'SSDP',
  'udp/5060': 'SIP',
}; // prettier-ignore

/** The service's name, or the port itself where no name is in common use. */
function portLabel(key: string): Text {
  const [protocol = '', port = ''] = key.split('/');
  return same(SERVICES[key] ?? (port === '' || port === '0' ? protocol.toUpperCase() : `${port}/${protocol.toUpperCase()}`));
}
