/** What the truth says of the planted events: when each was, and what of it was recorded. */
import { type Country, chapterAt, chapterOf, type PortEvent, type Span } from './country.ts';
import { CAMPAIGN_GROUP, CAMPAIGN_PORTS, onePacketGroup, surgeGroup } from './incidents.ts';
import type { GroupCount, Tally } from './tally.ts';
import type { PlantedEvent, Truth } from './truth.ts';

const TCP = 6;

export function eventTruth(
  country: Country,
  from: number,
  until: number,
  tally: Tally,
): Pick<Truth, 'events' | 'surges' | 'campaigns' | 'suppressed'> {
  // One chapter earlier: its late events may reach into the span.
  const first = chapterAt(from) - 1;
  const chapters = Array.from({ length: chapterAt(until - 1) - first + 1 }, (_, n) => chapterOf(country, first + n));
  const isInside = (at: number): boolean => at >= from && at < until;
  const beginsInside = (span: Span): boolean => isInside(span.from);
  const reachesInside = (span: Span): boolean => span.from < until && span.to > from;
  const campaign = tally.groups.get(CAMPAIGN_GROUP);
  return {
    events: {
      waves: chapters.map((chapter) => chapter.waveAt).filter(isInside),
      floods: chapters.map((chapter) => chapter.flood).filter(beginsInside),
      gaps: chapters.map((chapter) => chapter.gap).filter(beginsInside),
    },
    surges: chapters
      .flatMap((chapter) => chapter.surges)
      .filter(reachesInside)
      .map((surge) => toPlantedEvent(surge, tally.groups.get(surgeGroup(surge)))),
    campaigns: [{ ports: [...CAMPAIGN_PORTS], packets: campaign?.packets ?? 0, sources: campaign?.sources.size ?? 0 }],
    suppressed: chapters
      .map((chapter) => chapter.onePacketHosts)
      .filter(reachesInside)
      .map((event) => {
        const planted = toPlantedEvent(event, tally.groups.get(onePacketGroup(event)));
        return { ...planted, reason: 'one-packet-hosts', sources: planted.packets, networks: planted.packets } as const;
      }),
  };
}

function toPlantedEvent({ port, from, to }: PortEvent, count: GroupCount | undefined): PlantedEvent {
  return {
    protocol: TCP,
    port,
    from,
    to,
    packets: count?.packets ?? 0,
    sources: count?.sources.size ?? 0,
    networks: new Set([...(count?.sources ?? [])].map((source) => source >>> 8)).size,
  };
}
