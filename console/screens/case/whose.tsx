/** Whose it was at that time, and by which records we know. */
import type { CaseDetail } from '../../../src/server/contract.ts';
import { useFormat } from '../../format.ts';
import { OwnershipChart } from '../../parts/ownership-chart.tsx';
import { Panel } from '../../parts/page.tsx';
import { useWords } from '../../preferences.tsx';

export function Whose({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const { case: one, attribution } = detail;
  const via = attribution.via ? words.via[attribution.via] : null;
  const note = via ? words.case.whoseNote(one.asset.value, via) : words.case.whoseNobody(one.asset.value);
  return (
    <Panel title={words.case.whose} note={note}>
      <div className="in">
        <OwnershipChart detail={detail} />
        <NetworkFacts detail={detail} />
      </div>
    </Panel>
  );
}

function NetworkFacts({ detail }: { readonly detail: CaseDetail }) {
  const words = useWords();
  const format = useFormat();
  const { network, resource, confidence, asOf } = detail.attribution;
  const as = network.asn === null ? words.common.unknown : `AS${network.asn} ${network.asName ?? ''}`;
  return (
    <dl className="facts">
      <dt>{words.finding.via}</dt>
      <dd>{resource ?? words.finding.nobody}</dd>
      <dt>{words.finding.confidenceLabel}</dt>
      <dd>
        {resource ? format.confidence(confidence) : words.common.none}
        <span className="quiet">{words.case.asOf(`${format.utc(asOf).slice(0, 16)} UTC`)}</span>
      </dd>
      <dt>{words.finding.networkLabel}</dt>
      <dd>
        {as}
        {network.country ? words.common.bracket(format.list([format.country(network.country), words.finding.countryNote])) : null}
      </dd>
    </dl>
  );
}
