/** How a filter is written, by examples that can be pressed, and every field with what may stand behind it. */
import { useState } from 'react';
import { Button, DialogTrigger, Popover } from 'react-aria-components';
import type { ExploreFields } from '../../../src/server/explore-contract.ts';
import { usePreferences, useWords } from '../../preferences.tsx';

const EXAMPLES = {
  telescope: [
    { filter: 'port 23, 2323 and class tcp-scan', ja: 'Telnetを探すスキャン', en: 'Scans for Telnet' },
    { filter: 'source in 198.51.100.0/24', ja: 'あるネットワークから', en: 'From one network' },
    { filter: 'mark mirai and not port 23', ja: 'Miraiの特徴、23番以外', en: 'Looks like Mirai, not on port 23' },
    { filter: 'class backscatter and packets > 100', ja: '強い跳ね返り（攻撃された側）', en: 'Strong backscatter (of attacked hosts)' },
    { filter: 'country unknown or asn 0', ja: '登録情報がない送信元', en: 'Sources without registry data' },
  ],
  flow: [
    { filter: 'protocol udp and source-port 53, 123, 1900', ja: '増幅に使われるUDPの応答', en: 'UDP answers used for amplification' },
    { filter: 'flags only S and packets < 4', ja: '始まって終わった接続', en: 'Openings without a connection' },
    { filter: 'bytes > 1g', ja: '1ギガバイトを超えるフロー', en: 'Flows over a gigabyte' },
    { filter: 'address in 198.51.100.0/24', ja: 'どちらかの端があるネットワーク', en: 'One end in this network' },
    { filter: 'duration > 10min and not port 443', ja: '長く続き、443番以外', en: 'Long, and not on port 443' },
  ],
} as const;

interface FilterHelpProps {
  readonly fields: ExploreFields | undefined;
  readonly source: keyof typeof EXAMPLES;
  readonly onPick: (filter: string) => void;
}

export function FilterHelp({ fields, source, onPick }: FilterHelpProps) {
  const words = useWords();
  const { language } = usePreferences();
  const [isOpen, setIsOpen] = useState(false);
  const pick = (filter: string): void => {
    setIsOpen(false);
    onPick(filter);
  };
  return (
    <DialogTrigger isOpen={isOpen} onOpenChange={setIsOpen}>
      <Button className="btn">{words.explore.help}</Button>
      <Popover className="popover filter-help" placement="bottom end" aria-label={words.explore.help}>
        <div className="filter-help-text">
          <p>{words.explore.helpLead}</p>
          <p className="quiet small">{words.explore.helpTry}</p>
          <ul className="examples">
            {EXAMPLES[source].map((example) => (
              <li key={example.filter}>
                <Button className="linklike mono" onPress={() => pick(example.filter)}>
                  {example.filter}
                </Button>
                <span className="quiet small">{example[language]}</span>
              </li>
            ))}
          </ul>
          <h3>{words.explore.helpFields}</h3>
          <dl className="field-list">
            {fields?.fields
              .filter((field) => field.canFilter)
              .map((field) => (
                <div key={field.id}>
                  <dt className="mono">
                    {field.id} <span className="quiet">{field.examples[0]}</span>
                  </dt>
                  <dd>{field.description[language]}</dd>
                </div>
              ))}
          </dl>
        </div>
      </Popover>
    </DialogTrigger>
  );
}
