/** The journey's records: a change of one project is read alone, any other change reads them all. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createJourney } from '../../../src/app/journey/journey.svelte.ts';
import type { ProjectStore } from '../../../src/app/services/store/projectStore.ts';
import type { Project } from '../../../src/core/project/project.ts';

let kept: Project[];
let tell: (id: string | null) => void;
let listed: number;

const record = (id: string, updatedMs: number, bytes = 0): Project => ({ id, updatedMs, bytes }) as Project;
const store = {
  list: async () => (listed++, [...kept]),
  get: async (id: string) => kept.find((each) => each.id === id) ?? null,
  subscribe: (listener: typeof tell) => ((tell = listener), () => undefined),
} as unknown as ProjectStore;

beforeEach(() => {
  [kept, listed] = [[record('b', 2), record('a', 1)], 0];
  vi.stubGlobal('location', { hash: '' });
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('removeEventListener', () => undefined);
});
afterEach(() => void vi.unstubAllGlobals());

test('a changed, new or deleted project is read alone and stands in its place by age', async () => {
  const journey = createJourney(store);
  const shown = (): string[] => journey.projects.map(({ id, bytes }) => `${id}${bytes}`);
  await vi.waitFor(() => expect(journey.ready).toBe(true));
  expect(shown()).toEqual(['b0', 'a0']);

  kept = [record('b', 2), record('a', 3, 7)];
  tell('a');
  await vi.waitFor(() => expect(shown()).toEqual(['a7', 'b0']));
  kept = [...kept, record('c', 4)];
  tell('c');
  await vi.waitFor(() => expect(shown()).toEqual(['c0', 'a7', 'b0']));
  kept = kept.filter(({ id }) => id !== 'a');
  tell('a');
  await vi.waitFor(() => expect(shown()).toEqual(['c0', 'b0']));
  expect(listed).toBe(1);

  kept = [record('d', 9)];
  tell(null);
  await vi.waitFor(() => expect(shown()).toEqual(['d0']));
  expect(listed).toBe(2);
  journey.dispose();
});
