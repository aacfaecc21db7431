/** Vite: the app from index.html, served locally for work and bundled into dist/. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  build: { target: 'es2023' },
  worker: { format: 'es' },
  server: { watch: { ignored: ['**/.cache/**', '**/OUT/**', '**/dist/**', '**/tests/**'] } },
});
