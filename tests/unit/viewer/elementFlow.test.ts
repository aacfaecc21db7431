/** The scene flow on a stage that only takes notes: order of events, cancelling, and the loss of the device. */
import { describe, expect, test } from 'vitest';
import { type Result, fail, ok } from '../../../src/core/job/failure.ts';
import { type Splats, emptySplats } from '../../../src/core/scene/splats.ts';
import { createSceneFlow } from '../../../src/viewer/sceneFlow.ts';
import type { Stage } from '../../../src/viewer/stage.ts';

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
});
