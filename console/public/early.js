// Sets language and theme before the first paint, so that nobody sees the wrong one flash.
// A file of its own, because the content policy allows no script inside the page.
(() => {
  const query = new URLSearchParams(location.search);
  const stored = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  };
  const pick = (name, allowed, otherwise) =>
    [query.get(name), stored(`yagura.${name}`)].find((value) => allowed.includes(value)) ?? otherwise;
  const root = document.documentElement;
  root.lang = pick('lang', ['ja', 'en'], navigator.language.startsWith('ja') ? 'ja' : 'en');
  root.dataset.theme = pick('theme', ['light', 'dark'], matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
})();
