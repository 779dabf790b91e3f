// Sets language and theme before the first paint, so that nobody sees the wrong one flash.
// A file of its own, because the content policy allows no script inside the page.
{
  const query = new URLSearchParams(location.search);
  const stored = {};
  try {
    stored.lang = localStorage.getItem('yagura.lang');
    stored.theme = localStorage.getItem('yagura.theme');
  } catch {
    // storage may be forbidden; then the system decides
  }
  const pick = (name, allowed, otherwise) => [query.get(name), stored[name]].find((value) => allowed.includes(value)) ?? otherwise;
  const root = document.documentElement;
  root.lang = pick('lang', ['ja', 'en'], navigator.language.startsWith('ja') ? 'ja' : 'en');
  root.dataset.theme = pick('theme', ['light', 'dark'], matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
}
