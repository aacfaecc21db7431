/** The import arrows: every forbidden import fails the real ESLint configuration, every allowed one passes. */
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

// The snippets are not on disk, so the rules that need types are off; the rest is the configuration of `npm run lint`.
const eslint = new ESLint({ cwd: root, overrideConfig: [tseslint.configs.disableTypeChecked] as never });
const arrowRuleIds = ['@typescript-eslint/no-restricted-imports', 'no-restricted-syntax'];

async function arrowMessages(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath });
  const broken = result.messages.find((message) => message.fatal);
  if (broken) throw new Error(`The snippet does not parse: ${broken.message}`);
  return result.messages.filter((message) => arrowRuleIds.includes(message.ruleId ?? '')).map((message) => message.message);
}

const forbidden: [file: string, code: string, why: string][] = [
  ['src/core/raster/a.ts', "import { x } from '../../app/ui/x.ts';", 'src/core imports'],
  ['src/core/raster/a.ts', "import type { X } from '../../app/ui/x.ts';", 'src/core imports'],
  ['src/core/raster/a.ts', "export * from '../../viewer/index.ts';", 'src/core imports'],
  ['src/core/raster/a.ts', "import '../../cli/main.ts';", 'src/core imports'],
  ['src/core/raster/a.ts', "export const x = await import('../../cli/main.ts');", 'src/core imports'],
  ['src/core/raster/a.ts', "export type X = import('../../cli/main.ts').X;", 'src/core imports'],
  ['src/core/raster/a.ts', "import { x } from '../../../workers/train.ts';", 'src/core imports'],
  ['src/core/raster/a.ts', "import { x } from '../../../cloud/policy/x.ts';", 'src/core imports'],
  ['src/core/raster/a.ts', "import { x } from '../../../scripts/x.mjs';", 'src/core imports'],
  ['src/core/raster/a.ts', "import { readFileSync } from 'node:fs';", 'src/core imports'],
  ['src/core/raster/a.ts', "import { readFileSync } from 'fs';", 'src/core imports'],
  ['src/core/raster/a.ts', "import { mount } from 'svelte';", 'src/core imports'],
  ['src/core/raster/a.ts', "import { create } from 'webgpu';", 'src/core imports'],
  ['src/core/raster/a.ts', "import { Vec3 } from 'playcanvas';", 'src/core imports'],
  ['src/core/raster/a.ts', "import code from '../../../shaders/raster/blend.wgsl';", 'x.wgsl?raw'],
  ['src/core/raster/a.ts', "import { x } from '../../core/../app/x.ts';", 'shortest'],
  ['src/core/raster/a.ts', "import { x } from '/src/app/x.ts';", 'shortest'],
  ['src/core/raster/a.ts', "import { x } from './../../app/x.ts';", 'shortest'],
  ['src/viewer/a.ts', "import { x } from '../app/x.ts';", 'src/viewer imports'],
  ['src/viewer/a.ts', "import { mount } from 'svelte';", 'src/viewer imports'],
  ['src/viewer/a.ts', "import code from '../../shaders/view/x.wgsl?raw';", 'src/viewer imports'],
  ['src/app/features/train/a.ts', "import { x } from '../../../../workers/train.ts';", 'src/app imports'],
  ['src/app/features/train/a.ts', "export { x } from '../../../../workers/train.ts';", 'src/app imports'],
  ['src/app/features/train/a.ts', "export const x = import('../../../../workers/train.ts');", 'src/app imports'],
  ['src/app/features/train/a.ts', "import { x } from '../../../../cloud/routes/x.ts';", 'src/app imports'],
  ['src/app/features/train/a.ts', "import { x } from '../../../cli/nodeGpu.ts';", 'src/app imports'],
  ['src/app/features/train/a.ts', "import { join } from 'node:path';", 'src/app imports'],
  [
    'src/app/features/train/A.svelte',
    '<script lang="ts">import { x } from \'../../../../workers/train.ts\';</script>{x}',
    'src/app imports',
  ],
  ['src/cli/a.ts', "import { x } from '../app/x.ts';", 'src/cli imports'],
  ['src/cli/commands/a.ts', "import { x } from '../../../workers/train.ts';", 'src/cli imports'],
  ['src/cli/a.ts', "import { mount } from 'svelte';", 'src/cli imports'],
  ['workers/train.ts', "import { x } from '../src/app/x.ts';", 'workers import'],
  ['workers/train.ts', "import type { X } from '../src/app/x.ts';", 'workers import'],
  ['workers/train.ts', "import { readFileSync } from 'node:fs';", 'workers import'],
  ['cloud/routes/a.ts', "import { x } from '../../src/core/raster/x.ts';", 'cloud imports'],
  ['cloud/routes/a.ts', "import type { X } from '../../src/core/scene/splats.ts';", 'cloud imports'],
  ['cloud/routes/a.ts', "import { x } from '../../src/app/x.ts';", 'cloud imports'],
  ['scripts/a.mjs', "import { x } from '../src/core/math/x.ts';", 'scripts import'],
];

const folders = ['src/core/gpu', 'src/viewer', 'src/app/ui', 'src/cli', 'workers', 'cloud/policy', 'scripts/lib'];

const allowed: [file: string, code: string][] = [
  ['src/core/raster/a.ts', "import { x } from '../math/x.ts'; import y from './y.ts';"],
  ['src/core/raster/a.ts', "import code from '../../../shaders/raster/blend.wgsl?raw';"],
  ['src/core/job/a.ts', "import { z } from 'zod';"],
  ['src/core/formats/a.ts', "import { unzip } from 'fflate'; import { x } from '@playcanvas/splat-transform';"],
  ['src/viewer/a.ts', "import { x } from '../core/scene/splats.ts';"],
  ['src/app/features/train/a.ts', "import type { X } from '../../../../workers/train.ts';"],
  ['src/app/features/train/a.ts', "export type X = import('../../../../workers/train.ts').X;"],
  ['src/app/features/train/a.ts', "import type { X } from '../../../../cloud/routes/x.ts';"],
  ['src/app/features/train/a.ts', "import { x } from '../../../core/job/x.ts'; import '../../../viewer/index.ts';"],
  ['src/app/features/train/a.ts', "import { mount } from 'svelte'; import A from './A.svelte'; import { t } from '../../i18n/t.ts';"],
  [
    'src/cli/commands/a.ts',
    "import { readFileSync } from 'node:fs'; import sharp from 'sharp'; import { x } from '../../core/train/x.ts';",
  ],
  ['workers/train.ts', "import { x } from '../src/core/train/session.ts'; import type { M } from './messages.ts';"],
  ['cloud/routes/a.ts', "import { failureCodes } from '../../src/core/job/failure.ts';"],
  [
    'tests/unit/a.ts',
    "import '../../src/core/a.ts'; import '../../workers/b.ts'; import '../../cloud/c.ts'; import '../../scripts/d.mjs';",
  ],
];

test.for(forbidden)('%s may not contain: %s', async ([file, code, why]) => {
  const messages = await arrowMessages(file, code);
  expect(messages.join('\n')).toContain(why);
});

test.for(folders)('%s may not import tests', async (folder) => {
  const up = '../'.repeat(folder.split('/').length);
  const messages = await arrowMessages(`${folder}/a.${folder.startsWith('scripts') ? 'mjs' : 'ts'}`, `import '${up}tests/unit/a.ts';`);
  expect(messages).toHaveLength(1);
});

test.for(allowed)('%s may contain: %s', async ([file, code]) => {
  expect(await arrowMessages(file, code)).toEqual([]);
});

test('a test that is switched off fails the lint', async () => {
  const messages = await arrowMessages('tests/gpu/a.test.ts', "import { test } from 'vitest'; test.skip('x', () => {});");
  expect(messages).toEqual(['A test runs or it is not there.']);
});
