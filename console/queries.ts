/**
 * One entry per question the console asks the hub. The first word of a key is what a
 * server-sent event invalidates (see live.ts).
 */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { AlertDetail, AlertPage, RingDetail, RingPage } from '../src/server/alert-contract.ts';
import type {
  AccessPage,
  C2AllowList,
  C2CandidateDetail,
  C2CandidateList,
  C2RunList,
  GrantList,
  PurposeList,
} from '../src/server/c2-contract.ts';
import type {
  AlarmPage,
  CaseDetail,
  CasePage,
  Constituent,
  ConstituentPage,
  FindingPage,
  FindingSeries,
  IntakePage,
  ModuleInfo,
  Notice,
  NoticePage,
  NoticePreview,
  ObservationPage,
  QuarantinePage,
  Status,
  Traffic,
  TrafficTop,
  Usual,
  Watch,
} from '../src/server/contract.ts';
import type { SensorDetail, SensorPage } from '../src/server/sensor-contract.ts';
import type { Statistics } from '../src/server/statistics-contract.ts';
import type { CampaignPage, KevPage, SurgeDetail, SurgePage } from '../src/server/surge-contract.ts';
import { ask, type Query } from './api.ts';

const REFRESH_MS = 60_000;
const PAGE = 50;

interface Page {
  readonly cursor: string | null;
}

/** A paged list: further pages are asked for with the cursor of the last one. */
const pages = <T extends Page>(key: string, path: string, query: Query) =>
  infiniteQueryOptions({
    queryKey: [key, path, query],
    queryFn: ({ pageParam, signal }) => ask<T>(path, { ...query, cursor: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.cursor,
    placeholderData: keepPreviousData,
  });

const single = <T>(key: string, path: string, query: Query = {}) =>
  queryOptions({ queryKey: [key, path, query], queryFn: ({ signal }) => ask<T>(path, query, { signal }) });

export interface Period {
  readonly from: number;
  readonly to: number;
}
export interface CaseFilter {
  readonly state?: string | undefined;
  readonly constituent?: string | undefined;
  readonly severity?: string | undefined;
  readonly q?: string | undefined;
}

export const statusQuery = () => ({ ...single<Status>('status', '/status'), refetchInterval: REFRESH_MS });
export const watchQuery = () => ({ ...single<Watch>('watch', '/watch'), refetchInterval: REFRESH_MS });

export const trafficQuery = (period: Period, step: number) => ({
  ...single<Traffic>('traffic', '/traffic', { ...period, step }),
  placeholderData: keepPreviousData,
});
export const usualQuery = (period: Period, step: number) => ({
  ...single<Usual>('traffic', '/usual', { ...period, step }),
  placeholderData: keepPreviousData,
});
export const topQuery = (by: TrafficTop['by'], period: Period, limit = 6) => ({
  ...single<TrafficTop>('traffic', '/traffic/top', { by, ...period, limit }),
  placeholderData: keepPreviousData,
});

export const intakesQuery = (limit = PAGE) => pages<IntakePage>('intake', '/intakes', { limit });
export const quarantineQuery = (intake: string | undefined) => pages<QuarantinePage>('intake', '/intakes/quarantine', { intake });
export const alarmsQuery = () => pages<AlarmPage>('alarm', '/alarms', {});

export const findingTotalQuery = (severity?: string) => single<FindingPage>('finding', '/findings', { severity, limit: 1 });
export const findingSeriesQuery = (period: Period, step: number) => ({
  ...single<FindingSeries>('finding', '/findings/series', { ...period, step }),
  placeholderData: keepPreviousData,
});
export const observationsQuery = (fingerprint: string, limit = PAGE) =>
  pages<ObservationPage>('finding', `/findings/${encodeURIComponent(fingerprint)}/observations`, { limit });

export const casesQuery = (filter: CaseFilter, limit = PAGE) => pages<CasePage>('case', '/cases', { ...filter, limit });
export const caseListQuery = (filter: CaseFilter, limit: number) => single<CasePage>('case', '/cases', { ...filter, limit });
export const caseQuery = (id: string) => single<CaseDetail>('case', `/cases/${encodeURIComponent(id)}`);
export const casePreviewQuery = (id: string, channel: string, language: string) =>
  single<NoticePreview>('case', `/cases/${encodeURIComponent(id)}/preview`, { channel, language });

export const noticesQuery = () => pages<NoticePage>('notice', '/notices', {});
export const noticeQuery = (id: string) => single<Notice>('notice', `/notices/${encodeURIComponent(id)}`);
export const noticePreviewQuery = (id: string) => single<NoticePreview>('notice', `/notices/${encodeURIComponent(id)}/preview`);

export const constituentsQuery = () => single<ConstituentPage>('constituent', '/constituents');
export const constituentQuery = (id: string) => single<Constituent>('constituent', `/constituents/${encodeURIComponent(id)}`);
export interface AlertFilter {
  readonly state?: string | undefined;
  readonly class?: string | undefined;
  readonly constituent?: string | undefined;
}
export const alertsQuery = (filter: AlertFilter) => pages<AlertPage>('alert', '/alerts', { ...filter, limit: PAGE });
export const alertQuery = (id: string) => single<AlertDetail>('alert', `/alerts/${encodeURIComponent(id)}`);
export const ringsQuery = () => single<RingPage>('alert', '/own-ranges');
export const ringQuery = (id: string) => single<RingDetail>('alert', `/own-ranges/${encodeURIComponent(id)}`);
export const sensorsQuery = () => ({ ...single<SensorPage>('sensor', '/sensors'), refetchInterval: REFRESH_MS });
export const sensorQuery = (id: string) => single<SensorDetail>('sensor', `/sensors/${encodeURIComponent(id)}`);
export const surgesQuery = () => ({ ...single<SurgePage>('surge', '/surges'), refetchInterval: REFRESH_MS });
export const surgeQuery = (id: string) => ({
  ...single<SurgeDetail>('surge', `/surges/${encodeURIComponent(id)}`),
  refetchInterval: REFRESH_MS,
});
export const campaignsQuery = () => single<CampaignPage>('surge', '/campaigns');
export const kevQuery = () => single<KevPage>('surge', '/kev');
export const statisticsQuery = (which: Query) => ({
  ...single<Statistics>('statistics', '/public/statistics', which),
  placeholderData: keepPreviousData,
});
export const purposesQuery = () => single<PurposeList>('purpose', '/purposes');
export const grantsQuery = () => single<GrantList>('purpose', '/grants');
export const accessQuery = () => pages<AccessPage>('purpose', '/purposes/access', { limit: PAGE });
export const candidatesQuery = () => single<C2CandidateList>('c2', '/c2/candidates');
export const candidateQuery = (id: string) => single<C2CandidateDetail>('c2', `/c2/candidates/${encodeURIComponent(id)}`);
export const c2RunsQuery = () => single<C2RunList>('c2', '/c2/runs');
export const c2AllowQuery = () => single<C2AllowList>('c2', '/c2/allow');
export const modulesQuery = () => single<{ readonly rows: readonly ModuleInfo[] }>('module', '/modules');
