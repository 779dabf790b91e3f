/** What this hub can collect, detect and notify with; settings are read here and changed in the configuration file. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ModuleInfo } from '../../src/server/contract.ts';
import { Answered, PageHead, Panel } from '../parts/page.tsx';
import { readSettings } from '../parts/settings.ts';
import { SettingsTable } from '../parts/settings-table.tsx';
import { usePreferences, useWords } from '../preferences.tsx';
import { modulesQuery } from '../queries.ts';

const KINDS = ['collector', 'detector', 'notifier'] as const;

export function ModulesScreen() {
  const words = useWords();
  const modules = useQuery(modulesQuery());
  const rows = modules.data?.rows;
  const count = (kind: ModuleInfo['kind']): number => rows?.filter((row) => row.kind === kind).length ?? 0;
  return (
    <>
      <PageHead title={words.modules.title} heading={rows ? words.modules.heading(rows.length) : words.modules.title}>
        {rows ? <p>{words.modules.lead(count('collector'), count('detector'), count('notifier'))}</p> : null}
      </PageHead>
      <Answered of={modules} lines={12}>
        {(data) => (
          <div className="stack">
            {KINDS.map((kind) => (
              <Panel key={kind} title={words.moduleKind[kind]}>
                {data.rows
                  .filter((row) => row.kind === kind)
                  .map((row) => (
                    <Module key={row.id} module={row} />
                  ))}
              </Panel>
            ))}
          </div>
        )}
      </Answered>
    </>
  );
}

function Module({ module }: { readonly module: ModuleInfo }) {
  const words = useWords();
  const { language } = usePreferences();
  const settings = readSettings(module.settings, words);
  return (
    <article className="module">
      <h3>
        {module.title[language]} <span className="mono quiet">{module.id}</span>
      </h3>
      <p className="soft">{module.description[language]}</p>
      {settings.length === 0 ? (
        <p className="small quiet">{words.modules.noSettings}</p>
      ) : (
        <details>
          <summary>
            {words.modules.settings} ({settings.length})
          </summary>
          <SettingsTable settings={settings} caption={words.modules.settingsOf(module.title[language])} />
          {module.kind === 'detector' ? (
            <p>
              <Link to="/backtest" search={{ rule: module.id }}>
                {words.judgement.tryOnPast}
              </Link>
            </p>
          ) : null}
        </details>
      )}
    </article>
  );
}
