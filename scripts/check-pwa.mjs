/**
 * `node scripts/bootstrap.mjs check:pwa [-- --out FOLDER]`: whether the built app can be installed and works without a network, as a table.
 * Invariant: ends with 1 when a single check failed.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { findChromium } from './lib/chromium.mjs';
import { checkBuilt } from './lib/pwaChecks.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const executablePath = findChromium(process.env);
if (!executablePath) throw new Error('Chrome or Chromium is needed: install one or set CHROMIUM_PATH.');

const browser = await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
const rows = await checkBuilt(values.out ? resolve(values.out) : join(root, 'dist'), browser);
await browser.close();

const widest = Math.max(...rows.map(({ what }) => what.length));
for (const { what, ok, detail } of rows) process.stdout.write(`${ok ? 'ok  ' : 'FAIL'}  ${what.padEnd(widest)}  ${detail}\n`);
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
