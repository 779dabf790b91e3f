/** What is on the screen as a file, by the same question. */
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { useWords } from '../../preferences.tsx';
import { type ExportWhat, exportUrl } from './queries.ts';
import type { Question } from './state.ts';

const FORMATS = [
  { id: 'csv', title: 'CSV' },
  { id: 'json', title: 'JSON' },
  { id: 'parquet', title: 'Parquet' },
] as const;

interface SaveMenuProps {
  readonly question: Question;
  readonly shape: ExportWhat;
  readonly by?: string | undefined;
  readonly what: string;
}

export function SaveMenu({ question, shape, by, what }: SaveMenuProps) {
  const words = useWords();
  return (
    <MenuTrigger>
      <Button className="linklike" aria-label={words.explore.downloadHint(what)}>
        {words.explore.download} <span aria-hidden="true">▾</span>
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="options" aria-label={words.explore.downloadHint(what)}>
          {FORMATS.map(({ id, title }) => (
            <MenuItem key={id} href={exportUrl(question, shape, id, by)} download="">
              {title}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
