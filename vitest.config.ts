/**
 * The tests, in three sittings one after another: unit (pure), gpu (WebGPU in Node through Dawn) and browser (Node tests that drive
 * Chromium). Invariant: one GPU device and one browser at a time; on a small machine two would only slow each other down.
 */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const minuteMs = 60_000;

/** One file at a time, in a process of its own, so that a driver that falls over takes no other file with it. */
const oneAtATime = { pool: 'forks', fileParallelism: false, testTimeout: 2 * minuteMs, hookTimeout: 2 * minuteMs } as const;

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  test: {
    allowOnly: false,
    reporters: ['default', 'json'],
    outputFile: { json: '.cache/tests.json' },
    projects: [
      { extends: true, test: { name: 'unit', include: ['tests/unit/**/*.test.ts'], testTimeout: minuteMs, sequence: { groupOrder: 0 } } },
      { extends: true, test: { ...oneAtATime, name: 'gpu', include: ['tests/gpu/**/*.test.ts'], sequence: { groupOrder: 1 } } },
      {
        extends: true,
        test: { ...oneAtATime, name: 'browser', include: ['tests/{browser,e2e}/**/*.test.ts'], sequence: { groupOrder: 2 } },
      },
    ],
  },
});
