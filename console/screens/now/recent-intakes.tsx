/** The files taken in last. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Intake } from '../../../src/server/contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { IntakeTag } from '../../parts/intake-tag.tsx';
import { Answered, Empty, Panel } from '../../parts/page.tsx';
import { useWords } from '../../preferences.tsx';
import { intakesQuery } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';

export function RecentIntakes() {
  const words = useWords();
  const format = useFormat();
  const intakes = useInfiniteQuery(intakesQuery(6));
  const page = intakes.data?.pages[0];
  const columns = useMemo(() => recentColumns(words, format), [words, format]);
  return (
    <Panel title={words.now.recent} end={<Link to="/intakes">{words.now.toIntakes}</Link>}>
      <Answered of={{ data: page, error: intakes.error, refetch: intakes.refetch }}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty>{words.now.noIntake}</Empty>
          ) : (
            <DataTable
              caption={words.now.recent}
              columns={columns}
              rows={data.rows.slice(0, 6)}
              rowKey={(row) => row.id}
              total={data.total}
            />
          )
        }
      </Answered>
    </Panel>
  );
}

function recentColumns(words: Words, format: Format): Column<Intake>[] {
  return [
    { id: 'file', head: words.intakes.file, isRowHeader: true, className: 'el', cell: (row) => <span title={row.file}>{row.file}</span> },
    { id: 'state', head: words.intakes.state, cell: (row) => <IntakeTag intake={row} /> },
    { id: 'accepted', head: words.intakes.accepted, isNumber: true, cell: (row) => format.count(row.accepted) },
    { id: 'quarantined', head: words.intakes.quarantined, isNumber: true, cell: (row) => format.count(row.quarantined) },
    { id: 'at', head: words.intakes.at, isNumber: true, cell: (row) => format.dateTime(row.at) },
  ];
}
