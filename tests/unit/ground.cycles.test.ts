/** No circular imports: the check finds a hand-made circle, and the product has none. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { findCycle, importGraph } from '../../scripts/lib/imports.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

function treeOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'splat-cycles-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

test('finds a circle through a type import, a Svelte file and a dynamic import', () => {
  const tree = treeOf({
    'src/entry.ts': "import './a.ts';",
    'src/a.ts': "import type { B } from './deep/b.ts';",
    'src/deep/b.ts': "import C from '../C.svelte';",
    'src/C.svelte': '<script lang="ts">\n  const a = await import(\'./a.ts\');\n</script>\n<p>{a}</p>',
  });
  const cycle = findCycle(importGraph(tree, ['src'])) ?? [];
  const next: Record<string, string> = { 'src/a.ts': 'src/deep/b.ts', 'src/deep/b.ts': 'src/C.svelte', 'src/C.svelte': 'src/a.ts' };
  expect(cycle).toHaveLength(4);
  for (let i = 0; i < 3; i++) expect(cycle[i + 1]).toBe(next[cycle[i]]);
});

test('a file reached by two ways is no circle', () => {
  const tree = treeOf({
    'src/top.ts': "import './left.ts'; import './right.ts'; import text from './x.wgsl?raw';",
    'src/left.ts': "import './bottom.ts';",
    'src/right.ts': "import './bottom.ts'; import 'zod';",
    'src/bottom.ts': "// import './top.ts';\nexport {};",
  });
  expect(findCycle(importGraph(tree, ['src']))).toBeNull();
});

test('the product has no circle', () => {
  const graph = importGraph(root, ['src', 'workers', 'scripts']);
  expect(graph.get('src/core/train/contract.ts')).toContain('src/core/gpu/device.ts');
  expect(findCycle(graph)).toBeNull();
});
