/**
 * Language and theme of this browser: the address line wins (?lang=, ?theme=), then what
 * was chosen before, then what the system says. early.js has already set both before the
 * first paint; this keeps them in step when the reader changes them.
 */
import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import { I18nProvider } from 'react-aria-components';
import { en } from './words/en.ts';
import { ja, type Words } from './words/ja.ts';

export type Language = 'ja' | 'en';
export type Theme = 'light' | 'dark';

interface Preferences {
  readonly language: Language;
  readonly theme: Theme;
  readonly hasKeys: boolean;
  readonly setLanguage: (language: Language) => void;
  readonly setTheme: (theme: Theme) => void;
  readonly setHasKeys: (hasKeys: boolean) => void;
}

const WORDS: Readonly<Record<Language, Words>> = { ja, en };
const PreferencesContext = createContext<Preferences | null>(null);

export function PreferencesProvider({ children }: { readonly children: ReactNode }) {
  const [language, chooseLanguage] = useState<Language>(() => (document.documentElement.lang === 'en' ? 'en' : 'ja'));
  const [theme, chooseTheme] = useState<Theme>(() => (document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light'));
  const [hasKeys, chooseKeys] = useState(() => remembered('keys') !== 'off');
  useEffect(() => followSystemTheme(chooseTheme), []);
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset['theme'] = theme;
  }, [language, theme]);
  const value = useMemo<Preferences>(
    () => ({
      language,
      theme,
      hasKeys,
      setLanguage: (next) => {
        remember('lang', next);
        dropFromAddress('lang');
        chooseLanguage(next);
      },
      setTheme: (next) => {
        remember('theme', next);
        dropFromAddress('theme');
        chooseTheme(next);
      },
      setHasKeys: (next) => {
        remember('keys', next ? 'on' : 'off');
        chooseKeys(next);
      },
    }),
    [language, theme, hasKeys],
  );
  return (
    <PreferencesContext value={value}>
      <I18nProvider locale={language === 'ja' ? 'ja-JP' : 'en-US'}>{children}</I18nProvider>
    </PreferencesContext>
  );
}

export function usePreferences(): Preferences {
  const preferences = use(PreferencesContext);
  if (!preferences) throw new Error('usePreferences needs the PreferencesProvider around it');
  return preferences;
}

export const useWords = (): Words => WORDS[usePreferences().language];

/** The word for a code the hub sent, or the code itself when the hub is newer than this console. */
export const wordFor = (words: Readonly<Record<string, string>>, code: string): string => words[code] ?? code;

const isPinned = (): boolean => remembered('theme') !== null || new URLSearchParams(location.search).has('theme');

/** What was chosen just now must survive a reload, also on an address that says otherwise. */
function dropFromAddress(name: string): void {
  const address = new URL(location.href);
  if (!address.searchParams.has(name)) return;
  address.searchParams.delete(name);
  history.replaceState(history.state, '', address);
}

function followSystemTheme(apply: (theme: Theme) => void): () => void {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const listener = (): void => {
    if (!isPinned()) apply(query.matches ? 'dark' : 'light');
  };
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}

/** Storage may be forbidden in private windows; then the choice lasts as long as the page. */
function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`yagura.${name}`);
  } catch {
    return null;
  }
}

function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`yagura.${name}`, value);
  } catch {
    // nothing to do: see remembered()
  }
}
