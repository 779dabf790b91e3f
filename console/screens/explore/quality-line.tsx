/** What may make the figures beside it smaller than the truth; the sentences on request. */
import { Button, DialogTrigger, Popover } from 'react-aria-components';
import type { DataQualityAnswer } from '../../../src/server/explore-contract.ts';
import { type Format, useFormat } from '../../format.ts';
import { usePreferences, useWords } from '../../preferences.tsx';
import type { Words } from '../../words/ja.ts';

export function QualityLine({ quality }: { readonly quality: DataQualityAnswer }) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const faults = faultsIn(quality, words, format);
  const isQuiet = faults.length === 0;
  const text = isQuiet ? (quality.origins.length === 0 ? words.explore.lossUnknown : words.explore.complete) : format.list(faults);
  return (
    <p className={isQuiet ? 'quality' : 'quality has-faults'}>
      <span className="sr">{words.explore.quality}: </span>
      {isQuiet ? null : <span aria-hidden="true">▲ </span>}
      {text}
      {quality.notes.length === 0 ? null : (
        <DialogTrigger>
          <Button className="linklike">{words.explore.qualityMore}</Button>
          <Popover className="popover" placement="bottom start" aria-label={words.explore.quality}>
            <div className="quality-notes">
              <ul>
                {quality.notes.map((note) => (
                  <li key={note.en}>{note[language]}</li>
                ))}
              </ul>
            </div>
          </Popover>
        </DialogTrigger>
      )}
    </p>
  );
}

function faultsIn({ gaps, erasedUntil, origins, sampling }: DataQualityAnswer, words: Words, format: Format): string[] {
  const sum = (of: 'lost' | 'dropped' | 'malformed' | 'withoutTemplate' | 'received' | 'records'): number =>
    origins.reduce((total, origin) => total + origin[of], 0);
  const gapMs = gaps.reduce((total, { from, to }) => total + to - from, 0);
  const faults: string[] = [];
  if (gapMs > 0) faults.push(words.explore.gap(format.lasted(0, gapMs)));
  if (erasedUntil !== null) faults.push(words.explore.erased(format.dateTime(erasedUntil)));
  if (sum('lost') > 0) faults.push(words.explore.lost(lostShare(origins, format)));
  if (sum('dropped') > 0) faults.push(words.explore.dropped(format.count(sum('dropped'))));
  if (sum('malformed') > 0) faults.push(words.explore.malformed(format.count(sum('malformed'))));
  if (sum('withoutTemplate') > 0) faults.push(words.explore.withoutTemplate(format.count(sum('withoutTemplate'))));
  if (sampling && sampling.high > 1) {
    const { low, high } = sampling;
    faults.push(
      words.explore.sampled(
        low === high || low <= 1 ? `1/${format.count(high)}` : words.common.range(`1/${format.count(low)}`, `1/${format.count(high)}`),
      ),
    );
  }
  if (sampling && sampling.unknownRecords > 0) faults.push(words.explore.samplingUnknown);
  return faults;
}

/** Of the origin that lost most: shares of different units do not add up. */
function lostShare(origins: DataQualityAnswer['origins'], format: Format): string {
  const worst = origins
    .map(({ lost, lostUnit, received, records }) => ({
      lost,
      all: lost + (lostUnit === 'record' || lostUnit === 'flow' ? records : received),
    }))
    .toSorted((a, b) => b.lost / Math.max(1, b.all) - a.lost / Math.max(1, a.all))[0];
  return worst ? format.share(worst.lost, worst.all) : '';
}
