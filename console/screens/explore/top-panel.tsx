/** The most of any field, or of two; every value is a way on. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from 'react-aria-components';
import type { ExploreFields, ExploreTop } from '../../../src/server/explore-contract.ts';
import { useFormat } from '../../format.ts';
import { OrPurpose } from '../../parts/client-leave.tsx';
import { Pick } from '../../parts/fields.tsx';
import { classColour } from '../../parts/icons.tsx';
import { Answered, Empty, Panel } from '../../parts/page.tsx';
import { usePreferences, useWords } from '../../preferences.tsx';
import type { PivotTarget } from './pivot-menu.tsx';
import { QualityLine } from './quality-line.tsx';
import { exploreTopQuery } from './queries.ts';
import { SaveMenu } from './save-menu.tsx';
import type { Question } from './state.ts';
import type { Explore } from './use-explore.ts';
import { ValueMark, valueText } from './values.tsx';

export const SHORT_TOP = 10;
const LONG_TOP = 100;
const BAR_PX = 96;

interface TopPanelProps {
  readonly explore: Explore;
  readonly fields: ExploreFields;
  readonly question: Question;
  readonly onPivot: (target: PivotTarget) => void;
}

export function TopPanel({ explore, fields, question, onPivot }: TopPanelProps) {
  const words = useWords();
  const [limit, setLimit] = useState(SHORT_TOP);
  const top = useQuery(exploreTopQuery(question, limit));
  return (
    <Panel
      className="explore-top"
      title={words.explore.top}
      note={top.isPlaceholderData ? words.explore.asking : undefined}
      end={<SaveMenu question={question} shape="top" by={question.by.join(',')} what={words.explore.top} />}
    >
      <TopChoice explore={explore} fields={fields} question={question} />
      <OrPurpose error={top.error}>
        <Answered of={top} lines={9}>
          {(data) => (
            <>
              <QualityLine quality={data.dataQuality} />
              {data.rows.length === 0 ? (
                <Empty>{words.explore.nothing}</Empty>
              ) : (
                <TopRows fields={fields} top={data} onPivot={onPivot} limit={limit} onLimit={setLimit} />
              )}
            </>
          )}
        </Answered>
      </OrPurpose>
    </Panel>
  );
}

function TopChoice({ explore, fields, question }: Omit<TopPanelProps, 'onPivot'>) {
  const words = useWords();
  const { language } = usePreferences();
  const [first = 'source', second] = question.by;
  const options = fields.fields.filter((field) => field.canGroup).map((field) => ({ id: field.id, title: field.title[language] }));
  const choose = (by: readonly (string | undefined)[]): void => explore.change({ by: by.filter((id) => id !== undefined).join(',') });
  return (
    <div className="flt">
      <Choice label={words.explore.by} options={options} value={first} onPick={(id) => choose([id, second === id ? undefined : second])} />
      <Pick
        label={words.explore.thenBy}
        all={words.explore.thenNone}
        options={options.filter((option) => option.id !== first)}
        value={second}
        onPick={(id) => choose([first, id])}
      />
      <Choice
        label={words.explore.measure}
        options={fields.measures.map((measure) => ({ id: measure.id, title: measure.title[language] }))}
        value={question.measure}
        onPick={(id) => explore.change({ measure: fields.measures.find((measure) => measure.id === id)?.id })}
      />
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly options: readonly { readonly id: string; readonly title: string }[];
  readonly value: string;
  readonly onPick: (id: string) => void;
}

/** Looks like a filter's drop-down, but something is always chosen. Its name stands before it. */
function Choice({ label, options, value, onPick }: ChoiceProps) {
  return (
    <Select className="pick-box named" value={value} onChange={(key) => key !== null && onPick(String(key))}>
      <Label className="quiet small">{label}</Label>
      <Button className="pick">
        <b>
          <SelectValue />
        </b>
        <span aria-hidden="true">▾</span>
      </Button>
      <Popover className="popover" placement="bottom start">
        <ListBox className="options" items={options}>
          {(option: ChoiceProps['options'][number]) => (
            <ListBoxItem id={option.id} textValue={option.title}>
              <span className="v">{option.title}</span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}

interface TopRowsProps {
  readonly fields: ExploreFields;
  readonly top: ExploreTop;
  readonly onPivot: (target: PivotTarget) => void;
  readonly limit: number;
  readonly onLimit: (limit: number) => void;
}

function TopRows({ fields, top, onPivot, limit, onLimit }: TopRowsProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const measure = fields.measures.find(({ id }) => id === top.measure);
  const titles = top.by.map((id) => fields.fields.find((field) => field.id === id)?.title[language] ?? id);
  const caption = words.explore.topTable(format.list(titles), measure?.title[language] ?? '');
  const figures = top.rows.map((row) => figureOf(row, top.measure));
  const highest = Math.max(1, ...figures);
  const isSum = top.measure !== 'sources' && top.measure !== 'destinations';
  const shown = figures.reduce((sum, value) => sum + value, 0);
  return (
    <>
      <div className="top-scroll" tabIndex={0} role="region" aria-label={words.common.tableRegion(caption)}>
        <table className="top-rows">
          <caption className="sr">{caption}</caption>
          <thead>
            <tr>
              {titles.map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
              <th scope="col" className="num">
                {measure?.title[language]}
              </th>
              <th scope="col">
                <span className="sr">{words.explore.share}</span>
              </th>
              {isSum ? (
                <th scope="col" className="num">
                  {words.explore.share}
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {top.rows.map((row, index) => (
              <tr key={row.keys.join(' ')}>
                {top.by.map((field, place) => (
                  <KeyCell key={field} field={field} row={row} place={place} by={top.by} onPivot={onPivot} />
                ))}
                <td className="num">{format.count(figures[index] ?? 0)}</td>
                <td>
                  <Bar part={(figures[index] ?? 0) / highest} traffic={top.by[0] === 'class' ? row.keys[0] : undefined} />
                </td>
                {isSum ? <td className="num">{format.share(figures[index] ?? 0, top.total)}</td> : null}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="panel-foot">
        {isSum ? <span>{words.explore.topRest(format.share(shown, top.total))}</span> : null}
        {limit > SHORT_TOP || top.rows.length === limit ? (
          <Button className="linklike" onPress={() => onLimit(limit === SHORT_TOP ? LONG_TOP : SHORT_TOP)}>
            {limit === SHORT_TOP ? words.explore.more(LONG_TOP) : words.explore.fewer}
          </Button>
        ) : null}
      </p>
    </>
  );
}

type TopRow = ExploreTop['rows'][number];

export function figureOf(row: TopRow, measure: ExploreTop['measure']): number {
  return (measure === 'flows' ? row.records : row[measure]) ?? 0;
}

interface KeyCellProps {
  readonly field: string;
  readonly row: TopRow;
  readonly place: number;
  readonly by: readonly string[];
  readonly onPivot: (target: PivotTarget) => void;
}

/** The key as people type it first, its name behind it. */
function KeyCell({ field, row, place, by, onPivot }: KeyCellProps) {
  const words = useWords();
  const format = useFormat();
  const { language } = usePreferences();
  const key = row.keys[place] ?? '';
  const text = valueText(field, key, words, format);
  const label = (row.labels[place]?.[language] ?? '').replace(`AS${key} `, '');
  const isNamed = label !== '' && label !== key && label !== text && label !== `AS${key}` && label !== words.common.unknown;
  // a pair of fields says more about a value than the value alone
  const known = Object.fromEntries(by.map((id, index) => [id, row.keys[index] ?? '']));
  const content = (
    <button
      type="button"
      className="value"
      aria-haspopup="menu"
      onClick={(event) => onPivot({ element: event.currentTarget, field, value: key, ...(hasDeed(by) ? { row: known } : {}) })}
    >
      <ValueMark field={field} value={key} />
      <span className="v">
        {text}
        {isNamed ? <span className="quiet"> {label}</span> : null}
      </span>
    </button>
  );
  return place === 0 ? <th scope="row">{content}</th> : <td>{content}</td>;
}

const hasDeed = (by: readonly string[]): boolean => by.length > 1 && by.some((id) => id.endsWith('port') || id === 'class');

function Bar({ part, traffic }: { readonly part: number; readonly traffic?: string | undefined }) {
  return (
    <svg width={BAR_PX} height="10" viewBox={`0 0 ${BAR_PX} 10`} aria-hidden="true">
      <rect width={Math.max(1.5, BAR_PX * part)} height="10" rx="1" fill={traffic ? classColour(traffic) : 'var(--control)'} />
    </svg>
  );
}
