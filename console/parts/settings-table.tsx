/** The settings of a module as a table: name, form, default, meaning. */
import { useWords } from '../preferences.tsx';
import type { Setting } from './settings.ts';

export function SettingsTable({ settings, caption }: { readonly settings: readonly Setting[]; readonly caption: string }) {
  const words = useWords();
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={words.common.tableRegion(caption)}>
      <table className="settings">
        <caption className="sr">{caption}</caption>
        <thead>
          <tr>
            <th scope="col">{words.modules.setting}</th>
            <th scope="col">{words.modules.type}</th>
            <th scope="col">{words.modules.standard}</th>
            <th scope="col">{words.modules.meaning}</th>
          </tr>
        </thead>
        <tbody>
          {settings.map((setting) => (
            <tr key={setting.name}>
              <th scope="row" className="mono">
                {setting.name}
              </th>
              <td>{setting.type}</td>
              <td className="mono">{setting.standard}</td>
              <td>{setting.meaning}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
