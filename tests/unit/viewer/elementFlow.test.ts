/** The scene flow on a stage that only takes notes: order of events, cancelling, and the loss of the device. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Result, fail, ok } from '../../../src/core/job/failure.ts';
import { type Splats, emptySplats } from '../../../src/core/scene/splats.ts';
import { createSceneFlow } from '../../../src/viewer/sceneFlow.ts';
import type { Stage } from '../../../src/viewer/stage.ts';
import { startFailure } from '../../../src/viewer/startFailure.ts';

function splats(count: number): Splats {
  const all = emptySplats(count, 0);
  for (let i = 0; i < count; i++) all.quats[4 * i] = 1;
  all.means.forEach((_, i) => (all.means[i] = i % 97));
  return all;
}

function setUp(starts: Result<'webgpu'>[] = []) {
  const notes: string[] = [];
  const stage = {
    start: async () => {
      notes.push('start');
      return starts.shift() ?? ok('webgpu' as const);
    },
    open: ({ capacity }: { capacity: number }) => notes.push(`open ${capacity}`),
    append: ({ count }: { count: number }) => notes.push(`append ${count}`),
    hide: () => notes.push('hide'),
  } as unknown as Stage;
  const flow = createSceneFlow(stage, {
    options: () => ({ maxSplats: null, withCredentials: false }),
    began: (again) => notes.push(`began ${again}`),
    opened: () => undefined,
    boxKnown: (_, final, again) => notes.push(`box ${final} ${again}`),
    progress: () => undefined,
    loaded: (detail) => notes.push(`loaded ${detail.splats}`),
    failed: (failure) => notes.push(`failed ${failure.code}`),
    restoring: () => notes.push('restoring'),
  });
  return { flow, notes };
}

afterEach(() => void vi.restoreAllMocks());

/** Resolves as soon as a note was taken, in the same task. */
async function noted(notes: string[], note: string): Promise<void> {
  for (let turn = 0; turn < 100 && !notes.includes(note); turn++) await Promise.resolve();
  expect(notes).toContain(note);
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

describe('the scene flow', () => {
  test('opens, frames at the first run, appends in runs and frames again at the end', async () => {
    const { flow, notes } = setUp();
    const shown = await flow.show({ splats: splats(40_000) });
    expect(shown.ok).toBe(true);
    expect(notes).toEqual([
      'began false',
      'start',
      'open 40000',
      'box false false',
      'append 16384',
      'append 16384',
      'append 7232',
      'box true false',
      'loaded 40000',
    ]);
    expect([flow.loaded, flow.count]).toEqual([true, 40_000]);
  });

  test('a new scene ends the one on its way, which says nothing more', async () => {
    const { flow, notes } = setUp();
    const first = flow.show({ splats: splats(100_000) });
    await flow.start();
    await Promise.resolve();
    const second = flow.show({ splats: splats(10) });
    expect(await first).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
    expect(await second).toMatchObject({ ok: true, value: { splats: 10 } });
    expect(notes.filter((note) => note.startsWith('loaded') || note.startsWith('failed'))).toEqual(['loaded 10']);
    expect(notes.filter((note) => note === 'start')).toHaveLength(1);
  });

  test('says why when nothing can draw, and tries again when asked', async () => {
    const { flow, notes } = setUp([fail('gpu-missing', 'None.')]);
    expect(await flow.show({ splats: splats(3) })).toMatchObject({ ok: false, failure: { code: 'gpu-missing' } });
    expect(flow.failure?.code).toBe('gpu-missing');
    expect(await flow.reload()).toMatchObject({ ok: true });
    expect(notes).toEqual([
      'began false',
      'start',
      'failed gpu-missing',
      'began false',
      'start',
      'open 3',
      'box false false',
      'append 3',
      'box true false',
      'loaded 3',
    ]);
  });

  test('restores a lost device once, with the camera where it was, and then only when asked', async () => {
    const { flow, notes } = setUp();
    await flow.show({ splats: splats(3) });
    notes.length = 0;
    flow.lost('test');
    await settled();
    expect(notes).toEqual(['restoring', 'began true', 'start', 'open 3', 'box false true', 'append 3', 'box true true', 'loaded 3']);
    notes.length = 0;
    flow.lost('test');
    await settled();
    expect(notes).toEqual(['failed gpu-lost']);
    expect(flow.loaded).toBe(false);
    notes.length = 0;
    await flow.reload();
    expect(notes).toContain('loaded 3');
    expect(notes).toContain('box true true');
  });

  test('clearing leaves an empty scene', async () => {
    const { flow, notes } = setUp();
    await flow.show({ splats: splats(3) });
    flow.clear();
    expect([flow.loaded, flow.count, notes.at(-1)]).toEqual([false, 0, 'open 1']);
    expect(await flow.reload()).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
  });

  test('after clearing nothing brings the scene back, and a loss is nobody’s concern', async () => {
    const { flow, notes } = setUp();
    const first = flow.show({ splats: splats(100_000) });
    await noted(notes, 'append 16384');
    flow.clear();
    expect(await first).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
    notes.length = 0;
    flow.lost('test');
    flow.lost('test');
    await settled();
    expect(notes).toEqual([]);
    expect(await flow.fill({ open: vi.fn(), append: vi.fn(), hide: vi.fn() }).done).toMatchObject({ failure: { code: 'cancelled' } });
    await flow.show({ splats: splats(3) });
    expect(notes.slice(0, 2)).toEqual(['began false', 'start']);
  });
});

describe('a loss in the middle of a load', () => {
  test('before the box is known frames the camera all the same, and the promise is that of the load that restores', async () => {
    const { flow, notes } = setUp();
    const shown = flow.show({ splats: splats(3) });
    flow.lost('test');
    expect(await shown).toMatchObject({ ok: true, value: { splats: 3 } });
    expect(notes.slice(2)).toEqual([
      'restoring',
      'began false',
      'start',
      'open 3',
      'box false false',
      'append 3',
      'box true false',
      'loaded 3',
    ]);
  });

  test('frames another scene even though the one before was', async () => {
    const { flow, notes } = setUp();
    await flow.show({ splats: splats(3) });
    notes.length = 0;
    const shown = flow.show({ splats: splats(5) });
    flow.lost('test');
    expect(await shown).toMatchObject({ ok: true, value: { splats: 5 } });
    expect(notes.filter((note) => /began|box/.test(note))).toEqual(['began false', 'began false', 'box false false', 'box true false']);
  });

  test('after the first splats keeps what the person did with the camera, and frames the rest', async () => {
    const { flow, notes } = setUp();
    const shown = flow.show({ splats: splats(20_000) });
    await noted(notes, 'append 16384');
    notes.length = 0;
    flow.lost('test');
    expect(await shown).toMatchObject({ ok: true });
    expect(notes.filter((note) => /began|box/.test(note))).toEqual(['began true', 'box false false', 'box true false']);
  });

  test('that is the second ends the promise with it', async () => {
    const { flow, notes } = setUp();
    const shown = flow.show({ splats: splats(20_000) });
    await noted(notes, 'append 16384');
    flow.lost('test');
    flow.lost('test');
    expect(await shown).toMatchObject({ ok: false, failure: { code: 'gpu-lost' } });
    expect(notes.filter((note) => note.startsWith('failed'))).toEqual(['failed gpu-lost']);
  });

  test('is not confused with another scene', async () => {
    const { flow } = setUp();
    const first = flow.show({ splats: splats(20_000) });
    flow.lost('test');
    const second = flow.show({ splats: splats(3) });
    expect(await first).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
    expect(await second).toMatchObject({ ok: true });
  });
});

describe('health', () => {
  test('a minute of it makes a loss one that is restored by itself', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(0);
    const { flow, notes } = setUp();
    const loads = () => notes.filter((note) => note === 'loaded 3').length;
    await flow.show({ splats: splats(3) });
    for (const [ms, restored] of [
      [1000, true],
      [62_000, true],
      [90_000, false],
    ] as const) {
      const before = loads();
      now.mockReturnValue(ms);
      flow.lost('test');
      if (restored) await vi.waitFor(() => expect(loads()).toBe(before + 1));
      else expect(notes.at(-1)).toBe('failed gpu-lost');
    }
  });
});

describe('a start that throws', () => {
  test.each([
    ['Failed to fetch dynamically imported module: https://a.example/webgl.js', 'offline'],
    ['error loading dynamically imported module: https://a.example/webgl.js', 'offline'],
    ['Importing a module script failed.', 'offline'],
    ['Device creation failed.', 'gpu-missing'],
  ])('%s', (text, code) => {
    expect(startFailure(new TypeError(text)).failure.code).toBe(code);
  });
});

describe('filling another renderer', () => {
  test('ends when it is cancelled', async () => {
    const { flow } = setUp();
    await flow.show({ splats: splats(100_000) });
    const append = vi.fn();
    const filling = flow.fill({ open: () => undefined, append, hide: () => undefined });
    await vi.waitFor(() => expect(append).toHaveBeenCalled());
    filling.cancel();
    const calls = append.mock.calls.length;
    expect(calls).toBeLessThan(7);
    expect(await filling.done).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
    await settled();
    expect(append).toHaveBeenCalledTimes(calls);
    expect(flow.loaded).toBe(true);
  });
});
