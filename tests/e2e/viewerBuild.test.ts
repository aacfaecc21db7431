/**
 * What `npm run build:viewer` makes, in Chromium, in groups that share one build.
 * Invariant: the files are bundled from the sources anew for every run, so nothing stale is tested.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe } from 'vitest';
import { bundleSnippets, bundleViewer } from '../../scripts/lib/viewerBundle.mjs';
import { writePages } from '../../scripts/lib/viewerPackage.mjs';
import { brokenTests } from './viewerBuild.broken.ts';
import { embedTests } from './viewerBuild.embed.ts';
import { formatTests } from './viewerBuild.formats.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
const folder = mkdtempSync(join(tmpdir(), 'splat-viewer-'));

beforeAll(async () => {
  await bundleViewer(root, folder);
  await bundleSnippets(root, folder);
  writePages(root, folder);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

describe('formats', () => formatTests(folder));
describe('broken files', () => brokenTests(folder));
describe('embedding', () => embedTests(folder));
