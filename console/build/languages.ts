/**
 * Keeps two languages of the control library instead of all thirty.
 *
 * react-aria carries the few words its controls speak ("dismiss", "clear search") in one
 * small file per language and imports them all. The console speaks Japanese and English,
 * so the other files become empty objects and a third of the control library goes away.
 */
import type { Plugin } from 'vite';

const OTHER_LANGUAGE =
  /[\\/](?:react-aria|react-stately|react-aria-components|@react-aria)[\\/].*[\\/](?!en-US|ja-JP)[a-z]{2}-[A-Z]{2}\.m?js$/;

export function twoLanguages(): Plugin {
  return {
    name: 'yagura-two-languages',
    apply: 'build',
    enforce: 'pre',
    load: (id) => (OTHER_LANGUAGE.test(id) ? 'export default {};' : undefined),
  };
}
