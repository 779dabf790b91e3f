/** Space holds the moving picture and lets it go again, unless it means something to what has the focus. */
import { useEffect, useState } from 'react';
import { isTyping } from '../../parts/keys.ts';
import { usePreferences } from '../../preferences.tsx';

export function usePause(): { readonly isPaused: boolean; readonly toggle: () => void } {
  const [isPaused, setIsPaused] = useState(false);
  const { hasKeys } = usePreferences();
  useEffect(() => {
    if (!hasKeys) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== ' ' || event.defaultPrevented || event.repeat || isTyping(event) || hasOwnUse(event.target)) return;
      event.preventDefault();
      setIsPaused((before) => !before);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [hasKeys]);
  return { isPaused, toggle: () => setIsPaused((before) => !before) };
}

const hasOwnUse = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('button, a, summary, [role="button"], [role="radio"], [tabindex="0"]') !== null;
