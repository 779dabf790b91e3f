/**
 * Which address shows which screen. Filters live in the address, so that a view can be
 * shared and the back button works; each screen is its own chunk.
 */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Frame } from './frame/frame.tsx';
import { toExploreSearch } from './screens/explore/state.ts';
import { NotFoundScreen } from './screens/not-found.tsx';

type Search = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** Keeps the named text parameters and drops whatever else stands in the address. */
const pick =
  <K extends string>(...keys: readonly K[]) =>
  (search: Search): { [P in K]?: string } =>
    Object.fromEntries(keys.flatMap((key) => (text(search[key]) === undefined ? [] : [[key, text(search[key])]]))) as { [P in K]?: string };

const root = createRootRoute({ component: Frame, notFoundComponent: NotFoundScreen });

const now = createRoute({
  getParentRoute: () => root,
  path: '/',
  validateSearch: pick('range'),
  component: lazyRouteComponent(() => import('./screens/now/index.tsx'), 'NowScreen'),
});
const explore = createRoute({
  getParentRoute: () => root,
  path: '/explore',
  validateSearch: toExploreSearch,
  component: lazyRouteComponent(() => import('./screens/explore/index.tsx'), 'ExploreScreen'),
});
const intakes = createRoute({
  getParentRoute: () => root,
  path: '/intakes',
  validateSearch: pick('intake'),
  component: lazyRouteComponent(() => import('./screens/intakes.tsx'), 'IntakesScreen'),
});
const findings = createRoute({
  getParentRoute: () => root,
  path: '/findings',
  validateSearch: pick('kind', 'constituent', 'state', 'severity', 'sensor', 'order', 'q'),
  component: lazyRouteComponent(() => import('./screens/findings/index.tsx'), 'FindingsScreen'),
});
const finding = createRoute({
  getParentRoute: () => root,
  path: '/findings/$fingerprint',
  component: lazyRouteComponent(() => import('./screens/finding/index.tsx'), 'FindingScreen'),
});
const cases = createRoute({
  getParentRoute: () => root,
  path: '/cases',
  validateSearch: pick('state', 'constituent', 'severity', 'q'),
  component: lazyRouteComponent(() => import('./screens/cases.tsx'), 'CasesScreen'),
});
const oneCase = createRoute({
  getParentRoute: () => root,
  path: '/cases/$id',
  component: lazyRouteComponent(() => import('./screens/case/index.tsx'), 'CaseScreen'),
});
const draft = createRoute({
  getParentRoute: () => root,
  path: '/cases/$id/draft',
  validateSearch: pick('channel', 'language'),
  component: lazyRouteComponent(() => import('./screens/draft.tsx'), 'DraftScreen'),
});
const notices = createRoute({
  getParentRoute: () => root,
  path: '/notices',
  component: lazyRouteComponent(() => import('./screens/notices.tsx'), 'NoticesScreen'),
});
const notice = createRoute({
  getParentRoute: () => root,
  path: '/notices/$id',
  component: lazyRouteComponent(() => import('./screens/notice.tsx'), 'NoticeScreen'),
});
const constituents = createRoute({
  getParentRoute: () => root,
  path: '/constituents',
  validateSearch: pick('q'),
  component: lazyRouteComponent(() => import('./screens/constituents.tsx'), 'ConstituentsScreen'),
});
const constituent = createRoute({
  getParentRoute: () => root,
  path: '/constituents/$id',
  component: lazyRouteComponent(() => import('./screens/constituent.tsx'), 'ConstituentScreen'),
});
const alerts = createRoute({
  getParentRoute: () => root,
  path: '/alerts',
  validateSearch: pick('state', 'class', 'constituent'),
  component: lazyRouteComponent(() => import('./screens/alerts/index.tsx'), 'AlertsScreen'),
});
const alert = createRoute({
  getParentRoute: () => root,
  path: '/alerts/$id',
  component: lazyRouteComponent(() => import('./screens/alerts/alert.tsx'), 'AlertScreen'),
});
const ownRange = createRoute({
  getParentRoute: () => root,
  path: '/own-ranges/$id',
  component: lazyRouteComponent(() => import('./screens/alerts/organisation.tsx'), 'OrganisationScreen'),
});
const sensors = createRoute({
  getParentRoute: () => root,
  path: '/sensors',
  component: lazyRouteComponent(() => import('./screens/sensors/index.tsx'), 'SensorsScreen'),
});
const sensor = createRoute({
  getParentRoute: () => root,
  path: '/sensors/$id',
  component: lazyRouteComponent(() => import('./screens/sensors/sensor.tsx'), 'SensorScreen'),
});
const surges = createRoute({
  getParentRoute: () => root,
  path: '/surges',
  component: lazyRouteComponent(() => import('./screens/surges/index.tsx'), 'SurgesScreen'),
});
const surge = createRoute({
  getParentRoute: () => root,
  path: '/surges/$id',
  component: lazyRouteComponent(() => import('./screens/surges/surge.tsx'), 'SurgeScreen'),
});
const campaigns = createRoute({
  getParentRoute: () => root,
  path: '/campaigns',
  component: lazyRouteComponent(() => import('./screens/surges/campaigns.tsx'), 'CampaignsScreen'),
});
const statistics = createRoute({
  getParentRoute: () => root,
  path: '/statistics',
  validateSearch: pick('span'),
  component: lazyRouteComponent(() => import('./screens/statistics/index.tsx'), 'StatisticsScreen'),
});
const c2 = createRoute({
  getParentRoute: () => root,
  path: '/c2',
  component: lazyRouteComponent(() => import('./screens/c2/index.tsx'), 'C2Screen'),
});
const candidate = createRoute({
  getParentRoute: () => root,
  path: '/c2/$id',
  component: lazyRouteComponent(() => import('./screens/c2/candidate.tsx'), 'CandidateScreen'),
});
const purposes = createRoute({
  getParentRoute: () => root,
  path: '/purposes',
  component: lazyRouteComponent(() => import('./screens/purposes/index.tsx'), 'PurposesScreen'),
});
const backtest = createRoute({
  getParentRoute: () => root,
  path: '/backtest',
  validateSearch: pick('rule'),
  component: lazyRouteComponent(() => import('./screens/backtest/index.tsx'), 'BacktestScreen'),
});
const modules = createRoute({
  getParentRoute: () => root,
  path: '/modules',
  component: lazyRouteComponent(() => import('./screens/modules.tsx'), 'ModulesScreen'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    now,
    explore,
    intakes,
    findings,
    finding,
    cases,
    oneCase,
    draft,
    notices,
    notice,
    alerts,
    alert,
    ownRange,
    constituents,
    constituent,
    sensors,
    sensor,
    surges,
    surge,
    campaigns,
    statistics,
    c2,
    candidate,
    purposes,
    backtest,
    modules,
  ]),
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
