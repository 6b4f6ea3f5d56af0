/** Mantine told in the console's tokens: it brings behaviour and accessibility, the look is ours. */
import { createTheme, type MantineColorSchemeManager } from '@mantine/core';

export const theme = createTheme({
  fontFamily: 'var(--sans)',
  fontFamilyMonospace: 'var(--mono)',
  defaultRadius: 6,
  focusRing: 'auto',
  cursorType: 'pointer',
  respectReducedMotion: true,
});

const storageKey = 'heddle.scheme';

function remembered(): 'light' | 'dark' | null {
  try {
    const value = localStorage.getItem(storageKey);
    return value === 'light' || value === 'dark' ? value : null;
  } catch {
    return null;
  }
}

/**
 * Remembers a choice that a person made and nothing else: until then the system's preference is followed, also when
 * it changes while the page is open.
 */
export function schemeManager(): MantineColorSchemeManager {
  return {
    get: (fallback) => remembered() ?? fallback,
    set: (value) => {
      try {
        if (value === 'auto') localStorage.removeItem(storageKey);
        else localStorage.setItem(storageKey, value);
      } catch {
        // Without storage the choice lasts until the page is closed.
      }
    },
    subscribe: () => {},
    unsubscribe: () => {},
    clear: () => {
      try {
        localStorage.removeItem(storageKey);
      } catch {
        // As above.
      }
    },
  };
}
