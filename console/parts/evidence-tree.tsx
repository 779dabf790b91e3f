/** Findings of a case, each of which opens down to the minute cells or report records it rests on. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment, useState } from 'react';
import type { Finding } from '../../src/server/contract.ts';
import { useFormat } from '../format.ts';
import { usePreferences, useWords } from '../preferences.tsx';
import { observationsQuery } from '../queries.ts';
import { ObservationTable } from './observation-table.tsx';
import { Answered, Empty } from './page.tsx';

const FIRST_ROWS = 6;

export function EvidenceTree({ findings }: { readonly findings: readonly Finding[] }) {
  const words = useWords();
  const format = useFormat();
  const [open, setOpen] = useState<string | null>(findings[0]?.fingerprint ?? null);
  if (findings.length === 0) return <Empty>{words.finding.noObservations}</Empty>;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={words.common.tableRegion(words.case.tree)}>
      <table className="tree">
        <caption className="sr">{words.case.tree}</caption>
        <thead>
          <tr>
            <th scope="col">{words.case.finding}</th>
            <th scope="col">{words.case.firstLast(format.zone)}</th>
            <th scope="col" className="num">
              {words.case.count}
            </th>
            <th scope="col" className="num">
              {words.case.confidence}
            </th>
            <th scope="col">{words.case.basis}</th>
          </tr>
        </thead>
        <tbody>
          {findings.map((finding) => (
            <Branch
              key={finding.fingerprint}
              finding={finding}
              isOpen={open === finding.fingerprint}
              onToggle={() => setOpen(open === finding.fingerprint ? null : finding.fingerprint)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface BranchProps {
  readonly finding: Finding;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function Branch({ finding, isOpen, onToggle }: BranchProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const name = `${finding.kindTitle[language]} ${finding.identifier}`;
  return (
    <Fragment>
      <tr>
        <th scope="row">
          <button type="button" className="tw" aria-expanded={isOpen} aria-label={words.case.openObservations(name)} onClick={onToggle}>
            <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
          </button>
          <Link to="/findings/$fingerprint" params={{ fingerprint: finding.fingerprint }}>
            {finding.kindTitle[language]}
          </Link>{' '}
          <span className="quiet">
            {finding.identifier} {portText(finding)}
          </span>
        </th>
        <td className="nowrap">
          {format.dateTime(finding.firstSeenAt)} / {format.dateTime(finding.lastSeenAt)}
        </td>
        <td className="num">{format.count(finding.count)}</td>
        <td className="num">{format.confidence(finding.confidence)}</td>
        <td>{finding.origin.report ?? finding.evidence.rule.id}</td>
      </tr>
      {isOpen ? (
        <tr className="sub">
          <td colSpan={5}>
            <FirstObservations finding={finding} name={name} />
          </td>
        </tr>
      ) : null}
    </Fragment>
  );
}

export const portText = (finding: { readonly port: number | null; readonly transport: string | null }): string =>
  [finding.port, finding.transport?.toUpperCase()].filter((part) => part !== null && part !== undefined).join('/');

function FirstObservations({ finding, name }: { readonly finding: Finding; readonly name: string }) {
  const words = useWords();
  const observations = useInfiniteQuery(observationsQuery(finding.fingerprint, FIRST_ROWS));
  const page = observations.data?.pages[0];
  return (
    <Answered of={{ data: page, error: observations.error, refetch: observations.refetch }} lines={3}>
      {(data) => (
        <>
          <ObservationTable
            page={{ ...data, rows: data.rows.slice(0, FIRST_ROWS) }}
            caption={words.case.observationCaption(name)}
            isBrief
          />
          <p className="small soft">
            <Link to="/findings/$fingerprint" params={{ fingerprint: finding.fingerprint }}>
              {data.total > FIRST_ROWS ? words.case.moreObservations(data.total - FIRST_ROWS) : words.case.allObservations}
            </Link>
          </p>
        </>
      )}
    </Answered>
  );
}
