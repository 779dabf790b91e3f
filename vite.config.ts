/**
 * How the console becomes files: the hub runs this build once at first start and serves
 * the result from its own origin, so nothing here may point at another host.
 *
 * Assets are never inlined: the content security policy allows fonts and styles from
 * files only, and a file can be cached for good.
 */
import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { consoleFonts } from './console/build/fonts.ts';
import { twoLanguages } from './console/build/languages.ts';
import { precompress } from './console/build/precompress.ts';
import { worldMap } from './console/build/world-map.ts';

const ROOT = import.meta.dirname;

export default defineConfig(({ command }) => ({
  root: join(ROOT, 'console'),
  base: '/',
  cacheDir: join(ROOT, '.cache/vite'),
  plugins: [react(), twoLanguages(), worldMap(), consoleFonts(ROOT), precompress()],
  build: {
    outDir: process.env['YAGURA_CONSOLE_OUT'] ?? join(ROOT, '.cache/console/dev'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
  // a test runner that starts the hub says NODE_ENV=test, and would get React's slow development build
  ...(command === 'build' ? { define: { 'process.env.NODE_ENV': '"production"' } } : {}),
  server: { proxy: { '/api': 'http://127.0.0.1:8600' } },
}));
