/** What the case is about in one line, and how sure, how grave and how late it is. */
import { Link } from '@tanstack/react-router';
import { Button } from 'react-aria-components';
import type { CaseDetail } from '../../../src/server/contract.ts';
import { useFormat } from '../../format.ts';
import { Strikes } from '../../parts/icons.tsx';
import { PageHead } from '../../parts/page.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';

export function CaseHead({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const { case: one, attribution } = detail;
  const asn = attribution.network.asn;
  const confidence = Math.max(0, ...detail.findings.map((finding) => finding.confidence));
  const crumb = (
    <>
      <Link to="/cases">{words.cases.title}</Link> / {one.id}
    </>
  );
  const tools = (
    <Button className="btn" onPress={() => print()}>
      {words.common.print}
    </Button>
  );
  return (
    <PageHead
      title={words.case.title(one.id)}
      heading={words.case.heading(one.title[language], one.asset.value)}
      crumb={crumb}
      tools={tools}
    >
      <div className="meta soft">
        <Strikes severity={one.severity} />
        <span>
          {one.asset.value}
          {words.case.asOf(`${format.utc(attribution.asOf).slice(0, 16)} UTC`)}
        </span>
        <span>
          {one.constituentName && one.constituentId ? (
            <Link to="/constituents/$id" params={{ id: one.constituentId }}>
              {one.constituentName[language]}
            </Link>
          ) : (
            words.common.noOwner
          )}
          {asn === null ? null : ` AS${asn}`}
        </span>
        {detail.findings.length > 0 ? <span>{words.finding.confidence(format.confidence(confidence))}</span> : null}
        {one.dueAt === null ? null : <span>{words.case.due(format.longDate(one.dueAt))}</span>}
        {one.reopenCount > 0 ? <span>{words.cases.reopenedTimes(one.reopenCount)}</span> : null}
      </div>
    </PageHead>
  );
}
