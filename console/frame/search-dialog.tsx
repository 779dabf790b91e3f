/** One box that finds cases, findings and constituents, from any screen with Ctrl+K. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import {
  Autocomplete,
  Dialog,
  Header,
  Heading,
  Input,
  Menu,
  MenuItem,
  MenuSection,
  Modal,
  ModalOverlay,
  SearchField,
} from 'react-aria-components';
import type { CasePage, ConstituentPage, FindingPage } from '../../src/server/contract.ts';
import { ask } from '../api.ts';
import { type Language, usePreferences, useWords } from '../preferences.tsx';
import { constituentsQuery } from '../queries.ts';
import type { Words } from '../words/ja.ts';
import { SCREENS } from './main-rail.tsx';

const SETTLE_MS = 180;
const LIMIT = 6;
const SHORTEST = 2;

interface Hit {
  readonly id: string; // where it leads
  readonly title: string;
  readonly note: string;
}
interface Group {
  readonly id: string;
  readonly title: string;
  readonly hits: readonly Hit[];
}

export function SearchDialog({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const words = useWords();
  return (
    <ModalOverlay className="veil high" isDismissable isOpen={isOpen} onOpenChange={(next) => (next ? undefined : onClose())}>
      <Modal className="dialog wide search-dialog">
        <Dialog>
          <Heading slot="title" level={2} className="sr">
            {words.search.title}
          </Heading>
          <SearchBox onClose={onClose} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function SearchBox({ onClose }: { readonly onClose: () => void }) {
  const words = useWords();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const { groups, isSettled } = useHits(text.trim());
  const go = (to: string): void => {
    onClose();
    void navigate({ to });
  };
  return (
    <Autocomplete inputValue={text} onInputChange={setText} disableAutoFocusFirst={false}>
      <SearchField className="q-wide" aria-label={words.search.placeholder} autoFocus>
        <Input className="input" placeholder={words.search.placeholder} />
      </SearchField>
      <Menu
        className="options"
        aria-label={words.search.results}
        items={groups}
        onAction={(key) => go(String(key))}
        renderEmptyState={() => (
          <p className="state">
            {text.trim().length < SHORTEST ? words.search.hint : isSettled ? words.search.none(text.trim()) : words.common.loading}
          </p>
        )}
      >
        {(group: Group) => (
          <MenuSection id={group.id} items={group.hits} aria-label={group.title}>
            <Header>{group.title}</Header>
            {group.hits.map((hit) => (
              <MenuItem key={hit.id} id={hit.id} textValue={hit.title}>
                <span className="v">{hit.title}</span>
                <span className="k">{hit.note}</span>
              </MenuItem>
            ))}
          </MenuSection>
        )}
      </Menu>
    </Autocomplete>
  );
}

function useHits(text: string): { readonly groups: readonly Group[]; readonly isSettled: boolean } {
  const words = useWords();
  const { language } = usePreferences();
  const q = useSettled(text);
  const isAsked = q.length >= SHORTEST;
  const common = { enabled: isAsked, placeholderData: keepPreviousData };
  const cases = useQuery({ queryKey: ['case', 'search', q], queryFn: () => ask<CasePage>('/cases', { q, limit: LIMIT }), ...common });
  const findings = useQuery({
    queryKey: ['finding', 'search', q],
    queryFn: () => ask<FindingPage>('/findings', { q, limit: LIMIT }),
    ...common,
  });
  const constituents = useQuery(constituentsQuery());
  const groups = useMemo(() => {
    if (!isAsked) return [screenGroup(words, text)];
    if (cases.isPending || findings.isPending) return []; // groups that came late would jump in above the one in focus
    return [
      caseGroup(words, language, cases.data),
      findingGroup(words, language, findings.data),
      constituentGroup(words, language, constituents.data, q),
      screenGroup(words, q),
    ].filter((group) => group.hits.length > 0);
  }, [isAsked, words, language, text, q, cases.isPending, cases.data, findings.isPending, findings.data, constituents.data]);
  return { groups, isSettled: q === text && !cases.isFetching && !findings.isFetching };
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

const caseGroup = (words: Words, language: Language, page: CasePage | undefined): Group => ({
  id: 'cases',
  title: words.search.cases,
  hits: (page?.rows ?? []).map((row) => ({
    id: `/cases/${row.id}`,
    title: `${row.id}  ${row.title[language]}`,
    note: row.constituentName?.[language] ?? row.asset.value,
  })),
});

const findingGroup = (words: Words, language: Language, page: FindingPage | undefined): Group => ({
  id: 'findings',
  title: words.search.findings,
  hits: (page?.rows ?? []).map((row) => ({
    id: `/findings/${row.fingerprint}`,
    title: `${row.asset.value}  ${row.kindTitle[language]}`,
    note: row.identifier,
  })),
});

function constituentGroup(words: Words, language: Language, page: ConstituentPage | undefined, q: string): Group {
  const needle = q.toLowerCase();
  const rows = (page?.rows ?? []).filter((row) =>
    [row.id, row.name.ja, row.name.en, ...row.resources.map((resource) => resource.value)].some((value) =>
      value.toLowerCase().includes(needle),
    ),
  );
  return {
    id: 'constituents',
    title: words.search.constituents,
    hits: rows
      .slice(0, LIMIT)
      .map((row) => ({ id: `/constituents/${row.id}`, title: row.name[language], note: row.resources[0]?.value ?? '' })),
  };
}

const screenGroup = (words: Words, text: string): Group => ({
  id: 'screens',
  title: words.search.screens,
  hits: SCREENS.filter((screen) => words.nav[screen.name].toLowerCase().includes(text.toLowerCase())).map((screen) => ({
    id: screen.to,
    title: words.nav[screen.name],
    note: '',
  })),
});
