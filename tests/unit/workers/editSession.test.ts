/** The edit worker's session: what is selected, previewed and gone, told from splats whose places are known. */
import { describe, expect, test } from 'vitest';
import type { EditQuestions, Gesture, ShownStates } from '../../../workers/edit/messages.ts';
import { extentAlong } from '../../../workers/edit/extent.ts';
import { createEditSession, openEdit } from '../../../workers/edit/session.ts';
import { writePly } from '../../../src/core/formats/ply.ts';
import type { PinholeView } from '../../../src/core/scene/camera.ts';
import { blobScene } from '../../fixtures/splatFiles.ts';

/** Ten solid splats in a row along x, at 0..9. */
const means = Float32Array.from({ length: 30 }, (_, k) => (k % 3 === 0 ? k / 3 : 0));
const row = { count: 10, means, logScales: new Float32Array(30).fill(-4), opacityLogits: new Float32Array(10).fill(4) };
/** Sees splat i at x = 10 i + 5, y = 50. */
const view: PinholeView = { widthPx: 100, heightPx: 100, fx: 100, fy: 100, cx: 5, cy: 50, pose: { q: [1, 0, 0, 0], t: [0, 0, 10] } };

function opened() {
  const session = createEditSession(row);
  const ask = <K extends keyof EditQuestions>(type: K, question: EditQuestions[K]['ask']) =>
    session.answer({ type, id: 1, ask: question } as never) as EditQuestions[K]['answer'];
  const brush = (from: number, to: number, more: Partial<Extract<Gesture, { kind: 'brush' }>> = {}): ShownStates =>
    ask('gesture', {
      kind: 'brush',
      view,
      strokePx: Float32Array.of(10 * from + 5, 50, 10 * to + 5, 50),
      radiusPx: 3,
      through: true,
      mode: 'add',
      begins: true,
      ...more,
    });
  return { ask, brush };
}

const marked = ({ states }: ShownStates): number[] => [...states.keys()].filter((i) => states[i] === 1);
const gone = ({ states }: ShownStates): number[] => [...states.keys()].filter((i) => states[i] === 2);

describe('selecting', () => {
  test('strokes add and take away, and a stroke that was none is taken back whole', () => {
    const { ask, brush } = opened();
    expect(marked(brush(2, 4))).toEqual([2, 3, 4]);
    expect(marked(brush(3, 3, { mode: 'remove' }))).toEqual([2, 4]);
    brush(6, 7);
    expect(marked(brush(7, 9, { begins: false }))).toEqual([2, 4, 6, 7, 8, 9]);
    expect(marked(ask('gesture', { kind: 'unbrush' }))).toEqual([2, 4]);
    expect(marked(ask('gesture', { kind: 'invert' }))).toEqual([0, 1, 3, 5, 6, 7, 8, 9]);
    expect(ask('gesture', { kind: 'none' })).toMatchObject({ total: 10, kept: 10, selected: 0 });
  });

  test('what is selected is handed out once, and what is gone is not selected again', () => {
    const { ask, brush } = opened();
    brush(0, 3);
    const { splats, count } = ask('take', null);
    expect([...splats, count]).toEqual([0b1111, 0, 4]);
    const after = ask('follow', { keep: 0, add: [{ kind: 'delete', splats, count }] });
    expect([gone(after), after.kept, after.selected]).toEqual([[0, 1, 2, 3], 6, 0]);
    expect(marked(brush(2, 5))).toEqual([4, 5]);
    expect(marked(ask('gesture', { kind: 'all' }))).toEqual([4, 5, 6, 7, 8, 9]);
    expect(ask('follow', { keep: 0, add: [] })).toMatchObject({ kept: 10, selected: 6 });
  });
});

test('a preview marks what the crop then takes, and leaves the selection', () => {
  const { ask, brush } = opened();
  brush(0, 0);
  const sphere = { centre: [4, 0, 0] as [number, number, number], radius: 2.5 };
  const preview = ask('preview', { kind: 'outside-sphere', sphere });
  expect([marked(preview), preview.previewed, preview.kept]).toEqual([[0, 1, 7, 8, 9], 5, 10]);
  expect(marked(ask('preview', null))).toEqual([0]);
  expect(gone(ask('follow', { keep: 0, add: [{ kind: 'crop-sphere', sphere }] }))).toEqual([0, 1, 7, 8, 9]);
});

test('operations go on from those the worker has', () => {
  const { ask } = opened();
  const sphere = (x: number) => ({ kind: 'crop-sphere' as const, sphere: { centre: [x, 0, 0] as [number, number, number], radius: 5.5 } });
  ask('follow', { keep: 0, add: [sphere(0), sphere(4)] });
  expect(gone(ask('follow', { keep: 1, add: [sphere(9)] }))).toEqual([0, 1, 2, 3, 6, 7, 8, 9]);
  expect(gone(ask('follow', { keep: 1, add: [] }))).toEqual([6, 7, 8, 9]);
});

test('the extent goes along turned axes and does not count what is gone', () => {
  const hidden = new Uint8Array(10).fill(1, 6);
  // A quarter turn about z: the file's x is the box's y.
  const { centre, half } = extentAlong(means, hidden, [Math.SQRT1_2, 0, 0, Math.SQRT1_2]);
  expect(centre[0]).toBeCloseTo(2.5, 6);
  expect(half[1]).toBeCloseTo(1.05 * 2.5, 6);
  expect(half[0]).toBeLessThan(0.01);
});

test('a file is opened for the page; what is no splat file is refused', async () => {
  const file = new Blob([writePly(blobScene(64, 1)) as Uint8Array<ArrayBuffer>]);
  const read = await openEdit(file, 'blobs.ply', null);
  expect(read.ok && read.value.opened.packed.count).toBe(64);
  expect(await openEdit(new Blob(['no splats']), 'note.txt', null)).toMatchObject({ ok: false, failure: { code: 'bad-file' } });
});
