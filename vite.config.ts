/** Vite: the app from index.html, served locally for work and bundled into dist/. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { singleViewer } from './scripts/lib/singleViewerPlugin.mjs';

export default defineConfig({
  plugins: [svelte({ configFile: false }), singleViewer()],
  build: { target: 'es2023' },
  worker: { format: 'es' },
  // The workers' dependencies are bundled at the start: finding one later would reload the page in the middle of a run.
  optimizeDeps: {
    include: [
      'idb',
      'exifr/dist/lite.esm.mjs',
      'fflate',
      'mediabunny',
      '@playcanvas/splat-transform',
      '@gltf-transform/core',
      'hono/client',
      'zod',
      '@simplewebauthn/browser',
    ],
  },
  server: { watch: { ignored: ['**/.cache/**', '**/OUT/**', '**/dist/**', '**/tests/**'] } },
});
