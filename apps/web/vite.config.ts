import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  server: { port: 5173, proxy: { '/api': 'http://127.0.0.1:4400' } },
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    outDir: 'dist',
    // The content security policy allows no data: fonts and no inline scripts: assets stay files of this origin.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
});
