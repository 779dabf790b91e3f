/** The console starts here: preferences, the query cache, live events, then the router. */
import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/parts.css';
import './styles/screens.css';
import './styles/sensors.css';
import './styles/alerts.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { isRefused } from './api.ts';
import { startLive } from './live.ts';
import { PreferencesProvider } from './preferences.tsx';
import { router } from './router.tsx';

const STALE_MS = 20_000;

const client = new QueryClient({
  defaultOptions: { queries: { staleTime: STALE_MS, retry: (failures, error) => failures < 1 && !isRefused(error) } },
});

startLive(client);
void import('./styles/names.ts'); // the whole family, for names in the data; our own words need only the preloaded cut

const place = document.getElementById('console');
if (place) {
  createRoot(place).render(
    <StrictMode>
      <PreferencesProvider>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </PreferencesProvider>
    </StrictMode>,
  );
}
