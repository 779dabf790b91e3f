/** What stands around every screen. */
import { Outlet } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useWords } from '../preferences.tsx';
import { Announcer } from './announcer.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import { MainRail } from './main-rail.tsx';
import { SearchDialog } from './search-dialog.tsx';
import { TopBar } from './top-bar.tsx';
import { WatchBand } from './watch-band.tsx';

export function Frame() {
  const words = useWords();
  const [isSearching, setIsSearching] = useState(false);
  useSearchKey(() => setIsSearching(true));
  return (
    <>
      <a className="skip" href="#main">
        {words.app.skip}
      </a>
      <TopBar onSearch={() => setIsSearching(true)} />
      <div className="shell">
        <MainRail />
        <main className="main" id="main" tabIndex={-1}>
          <WatchBand />
          <Outlet />
        </main>
      </div>
      <SearchDialog isOpen={isSearching} onClose={() => setIsSearching(false)} />
      <KeysDialog />
      <Announcer />
    </>
  );
}

function useSearchKey(open: () => void): void {
  const act = useRef(open);
  useEffect(() => {
    act.current = open;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      act.current();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
