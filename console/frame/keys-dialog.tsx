/** All keys of the console, and the switch for those who need single letters for something else. */
import { useEffect, useState } from 'react';
import { Button, Checkbox } from 'react-aria-components';
import { FramedDialog } from '../parts/dialogs.tsx';
import { isTyping } from '../parts/keys.ts';
import { usePreferences, useWords } from '../preferences.tsx';

/** Any part of the console may ask for the list, not only the key. */
export const OPEN_KEYS = 'yagura:keys';

export function KeysDialog() {
  const words = useWords();
  const { hasKeys, setHasKeys } = usePreferences();
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => {
    const open = (): void => setIsOpen(true);
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === '?' && hasKeys && !isTyping(event)) open();
    };
    document.addEventListener('keydown', onKey);
    document.addEventListener(OPEN_KEYS, open);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener(OPEN_KEYS, open);
    };
  }, [hasKeys]);
  const rows = [
    ['Ctrl K', words.keys.search],
    ['/', words.keys.filter],
    ['J', words.keys.down],
    ['K', words.keys.up],
    ['Enter', words.keys.open],
    ['Space', words.map.pause],
    ['?', words.keys.help],
  ] as const;
  return (
    <FramedDialog title={words.keys.title} isOpen={isOpen} onClose={() => setIsOpen(false)}>
      <div className="body">
        <dl className="key-list">
          {rows.map(([key, meaning]) => (
            <KeyRow key={key} name={key} meaning={meaning} />
          ))}
        </dl>
        <div>
          <Checkbox className="check" isSelected={hasKeys} onChange={setHasKeys}>
            <span className="box" aria-hidden="true" />
            {words.keys.toggle}
          </Checkbox>
          <p className="small quiet">{words.keys.toggleNote}</p>
        </div>
      </div>
      <div className="acts">
        <Button className="btn" onPress={() => setIsOpen(false)}>
          {words.common.close}
        </Button>
      </div>
    </FramedDialog>
  );
}

const KeyRow = ({ name, meaning }: { readonly name: string; readonly meaning: string }) => (
  <>
    <dt>
      <kbd>{name}</kbd>
    </dt>
    <dd>{meaning}</dd>
  </>
);
