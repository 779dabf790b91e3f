/** Every figure of a candidate by its name; shares also as bars. */
import { useWords } from '../../preferences.tsx';
import { figure } from '../../words/figure.ts';
import { type Features, inOrder, isShare } from './features.ts';

export function FeatureTable({ features }: { readonly features: Features }) {
  const words = useWords();
  const names: Readonly<Record<string, string>> = words.c2.featureName;
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={words.common.tableRegion(words.c2.features)}>
      <table className="narrow">
        <caption className="sr">{words.c2.features}</caption>
        <thead>
          <tr>
            <th scope="col">{words.c2.feature}</th>
            <th scope="col" className="num">
              {words.c2.value}
            </th>
            <th scope="col">
              <span className="sr">{words.c2.bar}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {inOrder(features, names).map(([name, value]) => (
            <tr key={name}>
              <th scope="row" className={names[name] === undefined ? 'mono' : undefined}>
                {names[name] ?? name}
              </th>
              <td className="num">{value === null ? words.common.unknown : figureText(value)}</td>
              <td className="feature-bar">{value !== null && isShare(name) ? <Bar share={value} /> : null}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const figureText = (value: number): string =>
  (Number.isInteger(value) ? figure(value) : String(Number(value.toPrecision(4)))).replace('-', '−');

const Bar = ({ share }: { readonly share: number }) => (
  <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
    <rect width="100" height="10" fill="var(--sunken)" />
    <rect width={100 * Math.min(1, Math.max(0, share))} height="10" fill="var(--ink-2)" />
  </svg>
);
