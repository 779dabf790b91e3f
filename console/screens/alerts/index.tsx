/** Own-range alerts: what goes on about registered addresses, and who gets told. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Alert, Ring } from '../../../src/server/alert-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Pick } from '../../parts/fields.tsx';
import { Strikes } from '../../parts/icons.tsx';
import { MoreRows } from '../../parts/more-rows.tsx';
import { Answered, Empty, PageHead, Panel } from '../../parts/page.tsx';
import { type Language, usePreferences, useWords } from '../../preferences.tsx';
import { type AlertFilter, alertsQuery, ringsQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';
import { AlertStateTag } from './state-tag.tsx';

const CLASSES = ['OUTBOUND_INFECTION', 'INTERNAL_SPREAD', 'UNDER_ATTACK'] as const;
const STATES = ['open', 'ended', 'closed'] as const;

/** As the address has it: what is not chosen is not there. */
type AlertSearch = { [Key in keyof AlertFilter]?: string };

export function AlertsScreen() {
  const words = useWords();
  const rings = useQuery(ringsQuery());
  return (
    <>
      <AlertsHead rings={rings.data?.rows} />
      <div className="stack">
        <AlertList rings={rings.data?.rows ?? []} />
        <Panel className="tbl" title={words.alerts.organisations} note={words.alerts.organisationsNote}>
          <Answered of={rings} lines={4}>
            {({ rows }) => (rows.length === 0 ? <Empty>{words.alerts.noneLead}</Empty> : <RingTable rows={rows} />)}
          </Answered>
        </Panel>
      </div>
    </>
  );
}

function AlertsHead({ rings }: { readonly rings: readonly Ring[] | undefined }) {
  const words = useWords();
  const { title } = words.alerts;
  if (!rings) return <PageHead title={title} heading={title} />;
  const open = rings.reduce((sum, { openAlerts }) => sum + openAlerts, 0);
  if (rings.length === 0) {
    return (
      <PageHead title={title} heading={words.alerts.headingNone}>
        <p>{words.alerts.noneLead}</p>
      </PageHead>
    );
  }
  return (
    <PageHead title={title} heading={open === 0 ? words.alerts.headingEmpty : words.alerts.heading(open)}>
      <p>{words.alerts.lead(rings.length)}</p>
    </PageHead>
  );
}

function AlertList({ rings }: { readonly rings: readonly Ring[] }) {
  const words = useWords();
  const { language } = usePreferences();
  const filter = useSearch({ from: '/alerts' });
  const navigate = useNavigate({ from: '/alerts' });
  const alerts = useInfiniteQuery(alertsQuery(filter));
  const set = (key: keyof AlertFilter, value: string | undefined): void =>
    void navigate({ replace: true, search: ({ [key]: _, ...rest }: AlertSearch) => (value ? { ...rest, [key]: value } : rest) });
  const rows = alerts.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <section className="panel tbl" aria-label={words.alerts.list}>
      <div className="flt">
        <Pick
          label={words.alerts.state}
          all={words.alerts.allStates}
          options={STATES.map((id) => ({ id, title: words.alerts.stateFilter[id] }))}
          value={filter.state}
          onPick={(value) => set('state', value)}
        />
        <Pick
          label={words.alerts.class}
          all={words.alerts.allClasses}
          options={CLASSES.map((id) => ({ id, title: words.alerts.className[id] }))}
          value={filter.class}
          onPick={(value) => set('class', value)}
        />
        <Pick
          label={words.alerts.organisation}
          all={words.alerts.allOrganisations}
          options={rings.filter(({ alerts: count }) => count > 0).map((one) => ({ id: one.constituentId, title: one.name[language] }))}
          value={filter.constituent}
          onPick={(value) => set('constituent', value)}
        />
      </div>
      <Answered of={alerts} lines={6}>
        {({ pages }) =>
          rows.length === 0 ? (
            <Empty>{words.alerts.listEmpty}</Empty>
          ) : (
            <AlertTable rows={rows} total={pages[0]?.total ?? 0} caption={words.alerts.list} hasKeys />
          )
        }
      </Answered>
      <MoreRows query={alerts} />
    </section>
  );
}

interface AlertTableProps {
  readonly rows: readonly Alert[];
  readonly total: number;
  readonly caption: string;
  readonly hasKeys?: boolean;
  /** Of one organisation its name need not be said. */
  readonly isOfOne?: boolean;
}

export function AlertTable({ rows, total, caption, hasKeys = false, isOfOne = false }: AlertTableProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const columns = useMemo(
    () => [...nameColumns(words, language, isOfOne), ...figureColumns(words, format)],
    [words, format, language, isOfOne],
  );
  return <DataTable caption={caption} columns={columns} rows={rows} rowKey={(row) => row.id} total={total} hasKeys={hasKeys} />;
}

function nameColumns(words: Words, language: Language, isOfOne: boolean): Column<Alert>[] {
  const organisation: Column<Alert> = {
    id: 'organisation',
    head: words.alerts.organisation,
    className: 'el',
    sortBy: (row) => row.constituentName[language],
    cell: (row) => (
      <Link to="/own-ranges/$id" params={{ id: row.constituentId }}>
        {row.constituentName[language]}
      </Link>
    ),
  };
  return [
    {
      id: 'host',
      head: words.alerts.host,
      isRowHeader: true,
      className: 'mono nowrap',
      sortBy: (row) => row.host,
      cell: (row) => (
        <Link to="/alerts/$id" params={{ id: row.id }}>
          {row.host}
        </Link>
      ),
    },
    {
      id: 'class',
      head: words.alerts.class,
      className: 'nowrap',
      sortBy: (row) => row.class,
      cell: (row) => words.alerts.className[row.class],
    },
    {
      id: 'severity',
      head: words.alerts.severity,
      className: 'nowrap',
      sortBy: (row) => SEVERITY[row.severity],
      cell: (row) => <Strikes severity={row.severity} />,
    },
    {
      id: 'state',
      head: words.alerts.state,
      className: 'nowrap',
      sortBy: (row) => row.state,
      cell: (row) => <AlertStateTag alert={row} />,
    },
    ...(isOfOne ? [] : [organisation]),
  ];
}

const SEVERITY: Readonly<Record<Alert['severity'], number>> = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };

function figureColumns(words: Words, format: Format): Column<Alert>[] {
  return [
    { id: 'packets', head: words.alerts.packets, isNumber: true, sortBy: (row) => row.packets, cell: (row) => format.count(row.packets) },
    { id: 'targets', head: words.alerts.targets, isNumber: true, sortBy: (row) => row.targets, cell: (row) => format.count(row.targets) },
    {
      id: 'last',
      head: words.alerts.lastSeen,
      isNumber: true,
      sortBy: (row) => row.lastSeenAt,
      cell: (row) => format.dateTime(row.lastSeenAt),
    },
  ];
}

function RingTable({ rows }: { readonly rows: readonly Ring[] }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const columns = useMemo(() => ringColumns(words, format, language), [words, format, language]);
  return (
    <DataTable caption={words.alerts.organisations} columns={columns} rows={rows} rowKey={(row) => row.constituentId} total={rows.length} />
  );
}

const SHOWN_RANGES = 3;

function ringColumns(words: Words, format: Format, language: Language): Column<Ring>[] {
  return [
    {
      id: 'name',
      head: words.alerts.organisation,
      isRowHeader: true,
      className: 'el',
      sortBy: (row) => row.name[language],
      cell: (row) => (
        <Link to="/own-ranges/$id" params={{ id: row.constituentId }}>
          {row.name[language]}
        </Link>
      ),
    },
    {
      id: 'ranges',
      head: words.alerts.ranges,
      className: 'mono',
      sortBy: (row) => row.ranges.length,
      cell: (row) => `${format.list(row.ranges.slice(0, SHOWN_RANGES))}${row.ranges.length > SHOWN_RANGES ? ' …' : ''}`,
    },
    {
      id: 'on',
      head: words.alerts.alertsAre,
      className: 'nowrap',
      sortBy: (row) => Number(row.isOn),
      cell: (row) => (row.isOn ? words.alerts.on : words.alerts.off),
    },
    {
      id: 'mail',
      head: words.alerts.byMail,
      className: 'nowrap',
      sortBy: (row) => Number(row.hasMail),
      cell: (row) => (row.hasMail ? words.alerts.hasMail : words.alerts.noMail),
    },
    { id: 'open', head: words.alerts.open, isNumber: true, sortBy: (row) => row.openAlerts, cell: (row) => format.count(row.openAlerts) },
    { id: 'all', head: words.alerts.all, isNumber: true, sortBy: (row) => row.alerts, cell: (row) => format.count(row.alerts) },
  ];
}
