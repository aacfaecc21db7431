/**
 * The tests, in sittings one after another: unit and replacing (pure), cloud (inside workerd), gpu (WebGPU in Node through Dawn), browser
 * (Node tests that drive Chromium), container (pytest over the Python trainer) and programs (what runs in a terminal). Invariant: within a
 * sitting one GPU device and one browser at a time; on a small machine two would only slow each other down.
 */
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const minuteMs = 60_000;

/** One file at a time, in a process of its own, so that a driver that falls over takes no other file with it. Browsers have their own. */
const oneAtATime = { pool: 'forks', fileParallelism: false, testTimeout: 2 * minuteMs, hookTimeout: 2 * minuteMs } as const;

/** Loading the modules anew for every file takes as long as the tests, so the files of a process share them. */
const pure = { testTimeout: minuteMs, sequence: { groupOrder: 0 } } as const;
/** All but these, which put modules of their own in the place of others. */
const replacing = ['tests/unit/viewer/element{Giants,Showing,Xr}.test.ts'];

/** Tests of whole programs in the terminal: they need no browser. */
const programs = ['tests/e2e/{cli.*,cloudContainer}.test.ts'];

/** The Worker as wrangler.toml has it, with secrets of its own and queues that do not dawdle. */
const worker = cloudflareTest({
  wrangler: { configPath: './wrangler.toml' },
  miniflare: {
    bindings: {
      ENVIRONMENT: 'development',
      PROVIDERS: 'local',
      BUDGET_DAY_SECONDS: '0',
      BUDGET_MONTH_SECONDS: '0',
      CONTACT: 'mailto:operator@splat.test',
      MASTER_SECRET: '5'.repeat(64),
      ADMIN_TOKEN: 'admin-token-of-the-tests',
      WORKER_TOKEN: 'worker-token-of-the-tests',
    },
    queueConsumers: {
      'splat-jobs': { maxBatchTimeout: 0.05, maxRetries: 5, retryDelay: 0, deadLetterQueue: 'splat-jobs-dead' },
      'splat-jobs-dead': { maxBatchTimeout: 0.05 },
    },
  },
});

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  test: {
    allowOnly: false,
    reporters: ['default', 'json'],
    outputFile: { json: '.cache/tests.json' },
    projects: [
      {
        extends: true,
        test: { ...pure, name: 'unit', include: ['tests/unit/**/*.test.ts'], exclude: replacing, isolate: false },
      },
      { extends: true, test: { ...pure, name: 'replacing', include: replacing } },
      {
        plugins: [worker],
        test: {
          name: 'cloud',
          include: ['tests/cloud/**/*.test.ts'],
          setupFiles: ['tests/cloud/emptyTables.ts'],
          isolate: false,
          testTimeout: minuteMs,
          hookTimeout: minuteMs,
          sequence: { groupOrder: 1 },
        },
      },
      { extends: true, test: { ...oneAtATime, name: 'gpu', include: ['tests/gpu/**/*.test.ts'], sequence: { groupOrder: 2 } } },
      {
        extends: true,
        test: {
          ...oneAtATime,
          name: 'browser',
          include: ['tests/{browser,e2e}/**/*.test.ts'],
          exclude: programs,
          isolate: false,
          sequence: { groupOrder: 3 },
        },
      },
      { extends: true, test: { ...oneAtATime, name: 'programs', include: programs, sequence: { groupOrder: 5 } } },
      { extends: true, test: { ...oneAtATime, name: 'container', include: ['tests/container/**/*.test.ts'], sequence: { groupOrder: 4 } } },
    ],
  },
});
