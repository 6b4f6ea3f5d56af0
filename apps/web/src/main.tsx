import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import '@mantine/core/styles/default-css-variables.css';
import './theme/tokens.css';
import './theme/base.css';
import './ui/ui.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { LiveProvider } from './api/live-context.tsx';
import { createQueryClient } from './api/queries.ts';
import { router } from './router.tsx';
import { schemeManager, theme } from './theme/theme.ts';

const place = document.getElementById('root');
if (place === null) throw new Error('index.html has no #root');

createRoot(place).render(
  <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={schemeManager()}>
    <QueryClientProvider client={createQueryClient()}>
      <LiveProvider>
        <RouterProvider router={router} />
      </LiveProvider>
    </QueryClientProvider>
  </MantineProvider>,
);
