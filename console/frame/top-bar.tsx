/** Mark and name, the find box, what kind of data this is, language and theme, and who sits here. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button } from 'react-aria-components';
import { Segments } from '../parts/fields.tsx';
import { Mark, SearchIcon } from '../parts/icons.tsx';
import { type Language, type Theme, usePreferences, useWords } from '../preferences.tsx';
import { statusQuery } from '../queries.ts';

export function TopBar({ onSearch }: { readonly onSearch: () => void }) {
  const words = useWords();
  const { data: status } = useQuery(statusQuery());
  return (
    <header className="top">
      <Link className="brand" to="/">
        <Mark isRinging={(status?.counts.decisions ?? 0) > 0} />
        <span>{words.app.name}</span> <small lang={words.app.other === 'Yagura' ? 'en' : 'ja'}>{words.app.other}</small>
      </Link>
      <Button className="find" onPress={onSearch}>
        <SearchIcon />
        <span>{words.search.button}</span>
        <kbd>Ctrl K</kbd>
      </Button>
      <span className="sp" />
      {status?.simulation ? <span className="sim">{words.app.simulation(status.simulation.seed)}</span> : null}
      {status ? <Marking marking={status.marking} /> : null}
      <LanguageAndTheme />
      <span className="who">
        <Who actor={status?.actor} />
      </span>
    </header>
  );
}

function Marking({ marking }: { readonly marking: string }) {
  const level = marking.replace(/^TLP:/i, '').toLowerCase();
  return <span className={`tlp ${level.split('+')[0] ?? ''}`}>TLP:{level.toUpperCase()}</span>;
}

function LanguageAndTheme() {
  const words = useWords();
  const { language, setLanguage, theme, setTheme } = usePreferences();
  return (
    <>
      <Segments<Language>
        label={words.app.language}
        value={language}
        onPick={setLanguage}
        options={[
          { id: 'ja', title: '日本語', lang: 'ja' },
          { id: 'en', title: 'English', lang: 'en' },
        ]}
      />
      <Segments<Theme>
        label={words.app.theme}
        value={theme}
        onPick={setTheme}
        options={[
          { id: 'light', title: words.app.light },
          { id: 'dark', title: words.app.dark },
        ]}
      />
    </>
  );
}

/** A second person at the same hub must see under whose name they act. */
function Who({ actor }: { readonly actor: string | undefined }) {
  const words = useWords();
  const isHere = actor === undefined || actor === 'local-administrator';
  return (
    <>
      <b>{isHere ? words.app.localAdministrator : actor}</b>
      <span className="quiet">
        {isHere ? words.app.localAdministratorNote : words.app.signedIn} {isHere ? null : <a href="/sign-out">{words.app.signOut}</a>}
      </span>
    </>
  );
}
