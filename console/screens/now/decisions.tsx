/** The cases a person has to decide on, worst first. */
import { useQueries } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Case, Status } from '../../../src/server/contract.ts';
import { useFormat } from '../../format.ts';
import { Strikes } from '../../parts/icons.tsx';
import { Answered, Empty, Panel } from '../../parts/page.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';
import { caseListQuery } from '../../queries.ts';

const SEVERITY_ORDER = ['critical', 'high', 'medium', 'low', 'info'];
const WAITING_STATES = ['reopened', 'open', 'orphan'] as const;
const SHOWN_DECISIONS = 7;

export function Decisions({ status }: { readonly status: Status }) {
  const words = useWords();
  const answers = useQueries({ queries: WAITING_STATES.map((state) => caseListQuery({ state }, SHOWN_DECISIONS)) });
  const rows = answers.flatMap((answer) => answer.data?.rows ?? []).sort(bySeverityThenDue);
  const failed = answers.find((answer) => answer.error && !answer.data);
  const count = status.counts.decisions;
  return (
    <Panel
      title={words.now.decisions}
      tag={count > 0 ? <span className="tag bell">{count}</span> : null}
      end={<Link to="/cases">{words.now.toCases}</Link>}
    >
      {failed ? (
        <Answered of={failed}>{() => null}</Answered>
      ) : rows.length === 0 ? (
        <Empty>{words.now.noDecision}</Empty>
      ) : (
        <ol className="dec">
          {rows.slice(0, SHOWN_DECISIONS).map((row) => (
            <Decision key={row.id} row={row} now={status.now} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function bySeverityThenDue(a: Case, b: Case): number {
  const severity = SEVERITY_ORDER.indexOf(a.severity) - SEVERITY_ORDER.indexOf(b.severity);
  return severity !== 0 ? severity : (a.dueAt ?? Infinity) - (b.dueAt ?? Infinity) || a.openedAt - b.openedAt;
}

function Decision({ row, now }: { readonly row: Case; readonly now: number }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const question = row.state === 'orphan' ? words.now.askContact : row.state === 'reopened' ? words.now.askAgain : words.now.askNotify;
  const who = row.constituentName?.[language] ?? words.common.noOwner;
  return (
    <li>
      <Link to="/cases/$id" params={{ id: row.id }}>
        <span className="l1">
          <Strikes severity={row.severity} isBare />
          <b>{question}</b>
          <span className="quiet small">{format.age(row.openedAt, now)}</span>
        </span>
        <span className="l2">
          {row.title[language]}
          {words.common.bracket(format.list([who, row.asset.value]))}
        </span>
      </Link>
    </li>
  );
}
