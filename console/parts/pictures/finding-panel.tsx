/** The picture of a finding in its panel: what it shows in one sentence, the drawing, its key, its figures. */
import { useCallback, useState } from 'react';
import { Button } from 'react-aria-components';
import type { FindingPicture } from '../../../src/server/explanation-contract.ts';
import { usePreferences, useWords } from '../../preferences.tsx';
import { Panel } from '../page.tsx';
import { drawFinding, heightOfPicture, tableOfFinding } from './finding-picture.ts';
import { Picture, PictureFigures } from './picture.tsx';
import { usePictureWords } from './picture-words.ts';

export function FindingPicturePanel({ picture }: { readonly picture: FindingPicture }) {
  const words = useWords();
  const { language } = usePreferences();
  const pictureWords = usePictureWords();
  const [isTable, setIsTable] = useState(false);
  const alt = picture.alt[language];
  const draw = useCallback(
    (size: { readonly width: number; readonly height: number }) => drawFinding(picture, size, pictureWords, alt),
    [picture, pictureWords, alt],
  );
  return (
    <Panel
      title={picture.title[language]}
      note={picture.isWhole ? null : words.judgement.partOnly}
      end={
        <Button className="linklike" onPress={() => setIsTable(!isTable)}>
          {isTable ? words.common.asChart : words.common.asTable}
        </Button>
      }
    >
      <div className="in">
        <p className="soft">{alt}</p>
        {isTable ? (
          <PictureFigures table={tableOfFinding(picture, pictureWords)} caption={words.judgement.figureTable} />
        ) : (
          <Picture height={heightOfPicture(picture)} draw={draw} />
        )}
      </div>
      {isTable ? null : <Key picture={picture} />}
    </Panel>
  );
}

/** Only what is in the drawing. */
function Key({ picture }: { readonly picture: FindingPicture }) {
  const { judgement } = useWords();
  const hasMark = picture.steps.some(({ marked }) => marked > 0);
  const isActivity = picture.kind === 'activity';
  return (
    <div className="picture-key">
      {isActivity && hasMark ? <Entry role="mark" name={judgement.legendMark} /> : null}
      {isActivity ? <Entry role={hasMark ? 'mark-soft' : 'mark'} name={judgement.legendPackets} /> : null}
      {isActivity ? <Entry role="accent" name={judgement.legendTargets} isRing /> : null}
      {picture.kind === 'footprint' ? <Entry role="mark" name={judgement.legendPackets} /> : null}
      {picture.kind === 'footprint' && picture.distinctPorts > picture.ports.length ? (
        <Entry role="other" name={judgement.legendOther} />
      ) : null}
      {picture.kind === 'flood' && picture.intervals.length > 0 ? <Entry role="span" name={judgement.legendAttack} /> : null}
      {picture.gaps.length > 0 ? <Entry role="gap" name={judgement.legendGap} /> : null}
    </div>
  );
}

const Entry = ({ role, name, isRing = false }: { readonly role: string; readonly name: string; readonly isRing?: boolean }) => (
  <span>
    <svg className="picture" aria-hidden="true" viewBox="0 0 14 12">
      {isRing ? <circle className={`p-${role} ring`} cx="7" cy="6" r="3.5" /> : <rect className={`p-${role}`} width="14" height="12" />}
    </svg>
    {name}
  </span>
);
