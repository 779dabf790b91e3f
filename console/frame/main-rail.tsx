/** The screens that exist, an icon above a full word; cases carry the count of what waits. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { RailIcon, type RailIconName } from '../parts/icons.tsx';
import { useWords } from '../preferences.tsx';
import { statusQuery } from '../queries.ts';

export const SCREENS = [
  { name: 'now', to: '/' },
  { name: 'explore', to: '/explore' },
  { name: 'intakes', to: '/intakes' },
  { name: 'findings', to: '/findings' },
  { name: 'surges', to: '/surges' },
  { name: 'cases', to: '/cases' },
  { name: 'notices', to: '/notices' },
  { name: 'alerts', to: '/alerts' },
  { name: 'constituents', to: '/constituents' },
  { name: 'sensors', to: '/sensors' },
  { name: 'c2', to: '/c2' },
  { name: 'purposes', to: '/purposes' },
  { name: 'statistics', to: '/statistics' },
  { name: 'modules', to: '/modules' },
] as const satisfies readonly { readonly name: RailIconName; readonly to: string }[];

export function MainRail() {
  const words = useWords();
  const { data: status } = useQuery(statusQuery());
  const decisions = status?.counts.decisions ?? 0;
  return (
    <nav className="rail" aria-label={words.nav.label}>
      <ul>
        {SCREENS.map((screen) => (
          <li key={screen.name}>
            <Link to={screen.to} activeOptions={{ exact: screen.to === '/', includeSearch: false }}>
              <RailIcon name={screen.name} />
              <span>{words.nav[screen.name]}</span>
              {screen.name === 'cases' && decisions > 0 ? (
                <span className="ring">
                  <span className="sr">{words.nav.decisions(decisions)}</span>
                  <span aria-hidden="true">{decisions > 999 ? '999+' : decisions}</span>
                </span>
              ) : null}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
