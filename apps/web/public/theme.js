// Before the first paint: the remembered colour scheme, else the system's. A file, since inline scripts are refused.
(() => {
  let kept = null;
  try {
    kept = localStorage.getItem('heddle.scheme');
  } catch {
    // Storage may be blocked; the system's scheme is then used.
  }
  const light = kept === 'light' || (kept !== 'dark' && matchMedia('(prefers-color-scheme: light)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', light ? 'light' : 'dark');
})();
