// Starts the pages: styles, theme, query client and router, in this order.

import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { problemFrom } from './api/client.ts';
import { MAX_RETRIES } from './api/refresh.ts';
import { router } from './routes.ts';
import { cssVariables, theme } from './theme.ts';

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      retry: (failures, error) => {
        const { status } = problemFrom(error);
        // 504 has been waited for already, and others behind it.
        return (status === 0 || (status >= 500 && status !== 504)) && failures < MAX_RETRIES;
      },
    },
  },
});

// The same key as public/color-scheme.js reads before the first paint.
const colorSchemes = localStorageColorSchemeManager({ key: 'faultline-color-scheme' });

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colorSchemes}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={queryClient}>
        <Notifications position="bottom-right" limit={4} />
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
