/** The viewer on a server: Node has no window, and importing the viewer must neither need nor make one. */
import { expect, test } from 'vitest';

test('importing the class and defining the element touch nothing', async () => {
  const before = new Set(Object.getOwnPropertyNames(globalThis));
  const { SplatViewerElement } = await import('../../../src/viewer/index.ts');
  await import('../../../src/viewer/define.ts');
  const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name) && !name.startsWith('__vite'));
  expect(added).toEqual([]);
  expect(SplatViewerElement.observedAttributes).toContain('src');
  expect('HTMLElement' in globalThis).toBe(false);
});
