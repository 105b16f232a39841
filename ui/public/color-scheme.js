// Puts the chosen colour scheme on the page before it is first painted, so that a dark page never flashes white.
// A file of its own because the content security policy forbids inline scripts.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('faultline-color-scheme');
  } catch {
    // Storage may be forbidden; the system's own choice is then taken.
  }
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
  document.documentElement.style.backgroundColor = dark ? '#13171c' : '#ffffff';
})();
