/** The viewer's declarations: they compile in a project of somebody else's, with the DOM's types and nothing of ours. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, onTestFinished, test } from 'vitest';
import { writeTypes } from '../../scripts/lib/viewerTypes.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

const theirs = `
import { SplatViewerElement, type LoadDetail } from './types/viewer/index.js';
import './types/viewer/define.js';
const made: SplatViewerElement = document.createElement('splat-viewer');
document.querySelector('splat-viewer')!.autoRotate = true;
made.src = 'scene.sog';
export const mode: 'orbit' | 'fly' = made.mode;
export const splats: number = made.splatCount;
made.addEventListener('load', (event) => void (event as CustomEvent<LoadDetail>).detail.splats);
// @ts-expect-error there is no such mode
made.mode = 'walk';
// @ts-expect-error a number is no address
made.src = 1;
`;

test('a page in TypeScript gets the element, its tag name and its attributes’ types', () => {
  const folder = mkdtempSync(join(tmpdir(), 'splat-types-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = writeTypes(root, folder);
  expect(files).toContain('types/viewer/index.d.ts');
  expect(files.every((name) => /^types\/(?:viewer|core)\/.*\.d\.ts$/.test(name))).toBe(true);
  writeFileSync(join(folder, 'theirs.ts'), theirs);
  const program = ts.createProgram([join(folder, 'theirs.ts')], {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
    skipDefaultLibCheck: true,
  });
  const messages = ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  expect(messages).toEqual([]);
});
