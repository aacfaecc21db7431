/** The editing screen's parts that need no page: painting states, strokes, the crop box, lines over the picture, keys, and what is sent. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { EditCommand } from '../../../workers/edit/messages.ts';
import { faceCentre, faces, outward, withFaceMoved, withPlaceAlong, withSize } from '../../../src/app/features/edit/cropBox.ts';
import { createLatest } from '../../../src/app/features/edit/latest.ts';
import { shownStartView, standingOf, startViewOf } from '../../../src/app/features/edit/placement.ts';
import { acrossPicture, alongDirection, projectLine, projectPoint } from '../../../src/app/features/edit/projection.ts';
import { shortcutOf } from '../../../src/app/features/edit/shortcuts.ts';
import { hidden, marked, normal } from '../../../src/app/features/edit/statePaint.ts';
import { createStatePainter, sliceRows } from '../../../src/app/features/edit/statePainter.ts';
import { niceStep } from '../../../src/app/features/edit/steps.ts';
import { createStrokeSender } from '../../../src/app/features/edit/strokeSender.ts';
import { tabAfterKey } from '../../../src/app/features/view/tabs.ts';
import { createEdit } from '../../../src/app/services/editClient.ts';
import type { Vector3 } from '../../../src/core/math/rotation.ts';
import type { PinholeView } from '../../../src/core/scene/camera.ts';
import type { EditOperation, OrientedBox } from '../../../src/core/scene/edit/operations.ts';
import { fromHalf, packSplats, unpackOpacity } from '../../../src/core/view/packedSplats.ts';
import { blobScene } from '../../fixtures/splatFiles.ts';

/** Looks along +z from (0, 0, -4); 100 px for a slope of 1. */
const view: PinholeView = { widthPx: 200, heightPx: 100, fx: 100, fy: 100, cx: 100, cy: 50, pose: { q: [1, 0, 0, 0], t: [0, 0, 4] } };

describe('painting states', () => {
  const painted = () => {
    const packed = packSplats(blobScene(64, 1));
    const work: (() => void)[] = [];
    const refreshed: [number, number][] = [];
    const painter = createStatePainter(packed, {
      refresh: (first, count) => void refreshed.push([first, count]),
      later: (next) => void work.push(next),
    });
    return { packed, before: packed.geometry.slice(), work, refreshed, painter };
  };

  test('hidden rows lose their opacity alone, marked ones change their colour alone, and all of it can be taken back', () => {
    const { packed, before, painter, refreshed } = painted();
    const states = new Uint8Array(64);
    [states[3], states[40]] = [hidden, marked];
    painter.show(states);
    expect(unpackOpacity(packed.geometry, 8 * 3)).toBe(0);
    expect(packed.geometry[8 * 3 + 4] & 0xffff).toBe(before[8 * 3 + 4] & 0xffff);
    expect(unpackOpacity(packed.geometry, 8 * 40)).toBe(unpackOpacity(before, 8 * 40));
    expect(fromHalf(packed.geometry[8 * 40 + 5] & 0xffff)).not.toBe(fromHalf(before[8 * 40 + 5] & 0xffff));
    expect(packed.geometry[8 * 40 + 6] >>> 16).toBe(before[8 * 40 + 6] >>> 16);
    const changed = [...packed.geometry.keys()].filter((k) => packed.geometry[k] !== before[k]).map((k) => Math.floor(k / 8));
    expect(new Set(changed)).toEqual(new Set([3, 40]));
    expect(refreshed).toEqual([[0, 64]]);
    painter.show(null);
    expect(packed.geometry).toEqual(before);
  });

  test('a wish that changes on the way ends as the latest one, in slices', async () => {
    const count = 2 * sliceRows + 10;
    const geometry = new Uint32Array(8 * count).fill(0xffff0000);
    const work: (() => void)[] = [];
    const packed = { count, shDegree: 0, geometry, sh: new Uint32Array(0) };
    const painter = createStatePainter(packed, { refresh: () => undefined, later: (next) => void work.push(next) });
    painter.show(new Uint8Array(count).fill(hidden));
    expect([unpackOpacity(geometry, 0), unpackOpacity(geometry, 8 * (count - 1))]).toEqual([0, 1]);
    const last = new Uint8Array(count).fill(normal);
    last[count - 1] = hidden;
    painter.show(last);
    const settled = painter.settled();
    while (work.length > 0) work.shift()!();
    await settled;
    expect([unpackOpacity(geometry, 0), unpackOpacity(geometry, 8 * sliceRows), unpackOpacity(geometry, 8 * (count - 1))]).toEqual([
      1, 1, 0,
    ]);
  });
});

describe('strokes', () => {
  function sent() {
    const pieces: { points: number[]; how: string; isFirst: boolean; answer: () => void }[] = [];
    const frames: (() => void)[] = [];
    const sender = createStrokeSender<string>(
      (strokePx, how, isFirst) => new Promise<void>((answer) => void pieces.push({ points: [...strokePx], how, isFirst, answer })),
      (work) => void frames.push(work),
    );
    const step = async () => {
      frames.shift()?.();
      pieces.at(-1)?.answer();
      await new Promise((resolve) => setTimeout(resolve));
    };
    return { pieces, frames, sender, step };
  }

  test('pieces join, wait for the answer before, and a second stroke does not swallow the end of the first', async () => {
    const { pieces, frames, sender, step } = sent();
    sender.begin(0, 0, 'a');
    sender.draw([1, 1]);
    await step();
    sender.draw([2, 2, 3, 3]);
    sender.begin(9, 9, 'b');
    expect(frames.length).toBe(1);
    await step();
    await step();
    expect(pieces.map(({ points, how, isFirst }) => [points, how, isFirst])).toEqual([
      [[0, 0, 1, 1], 'a', true],
      [[1, 1, 2, 2, 3, 3], 'a', false],
      [[9, 9], 'b', true],
    ]);
    await step();
    expect(pieces.length).toBe(3);
  });

  test('a stroke that is cancelled says whether anything of it was sent', async () => {
    const { pieces, sender, step } = sent();
    sender.begin(0, 0, 'a');
    expect(sender.cancel()).toBe(false);
    await step();
    expect(pieces).toEqual([]);
    sender.begin(5, 5, 'b');
    await step();
    sender.draw([6, 6]);
    expect(sender.cancel()).toBe(true);
    await step();
    expect(pieces.map(({ how }) => how)).toEqual(['b']);
  });
});

test('of what is asked meanwhile only the newest is asked', async () => {
  const asked: number[] = [];
  let answer = (): void => undefined;
  const latest = createLatest<number>((value) => {
    asked.push(value);
    return new Promise((resolve) => (answer = resolve));
  });
  for (const value of [1, 2, 3]) latest.ask(value);
  answer();
  await new Promise((resolve) => setTimeout(resolve));
  expect(asked).toEqual([1, 3]);
  answer();
  await latest.idle();
  latest.ask(4);
  expect(asked).toEqual([1, 3, 4]);
});

describe('lines over the picture', () => {
  test('a point is seen where a pinhole camera sees it, and not behind it', () => {
    expect(projectPoint(view, [1, -0.5, 1])).toEqual({ x: 120, y: 40, depth: 5 });
    expect(projectPoint(view, [0, 0, -5])).toBeNull();
  });

  test('a line through the camera plane keeps its front part', () => {
    const line = projectLine(view, [0, 1, 0], [0, 1, -8]);
    expect(line?.[0]).toEqual({ x: 100, y: 75, depth: 4 });
    expect(line![1].depth).toBeGreaterThan(0);
    expect(line![1].y).toBeGreaterThan(1000);
    expect(projectLine(view, [0, 1, -5], [0, 1, -8])).toBeNull();
  });

  test('what is dragged follows the pointer', () => {
    // 50 px at a depth of 4 with 100 px for a slope of 1: 2 units.
    expect(alongDirection(view, [0, 0, 0], [1, 0, 0], 50, 7)).toBeCloseTo(2, 3);
    expect(alongDirection(view, [0, 0, 0], [0, 0, 1], 50, 0)).toBe(0);
    expect(acrossPicture(view, [0, 0, 0], 50, -25)).toEqual([2, -1, 0]);
  });
});

describe('the crop box', () => {
  /** Turned by a quarter about z: the box's x is the file's -y. */
  const box: OrientedBox = { centre: [1, 2, 3], half: [1, 2, 3], axes: [Math.SQRT1_2, 0, 0, Math.SQRT1_2] };
  const close = (a: Vector3, b: Vector3) => a.forEach((x, k) => expect(x).toBeCloseTo(b[k], 12));

  test('a face that moves leaves the opposite one where it is, and no side turns inside out', () => {
    for (const face of faces) {
      const opposite = { ...face, side: -face.side as 1 | -1 };
      const moved = withFaceMoved(box, face, 0.5);
      close(faceCentre(moved, opposite), faceCentre(box, opposite));
      close(faceCentre(moved, face), faceCentre(box, face).map((x, k) => x + 0.5 * outward(box, face)[k]) as Vector3);
      const flat = withFaceMoved(box, face, -100);
      expect(Math.min(...flat.half)).toBeGreaterThan(0);
      close(faceCentre(flat, opposite), faceCentre(box, opposite));
    }
  });

  test('numbers go along the box’s own axes', () => {
    close(withPlaceAlong(box, 0, 5).centre, [1, -5, 3]);
    expect(withSize(box, 1, 7).half).toEqual([1, 3.5, 3]);
  });
});

test('a start view is told in the edited world, whose offset the viewer does not know', () => {
  const done: EditOperation[] = [{ kind: 'orient', rotation: [0, 0, 0, 1], offset: [0, 1.5, 0] }];
  const standing = standingOf(done, undefined);
  const shown = { orbit: '10deg 20deg 3m', target: '1m 2m 3m', fieldOfView: '30deg' };
  const stored = startViewOf(shown, standing);
  expect(stored).toEqual({ ...shown, target: '1m 3.5m 3m' });
  expect(shownStartView(stored, standing)).toEqual(shown);
});

test('keys', () => {
  class Field {
    closest = () => this;
  }
  vi.stubGlobal('Element', Field);
  onTestFinished(() => void vi.unstubAllGlobals());
  const press = (key: string, more: object = {}) =>
    shortcutOf({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, target: null, defaultPrevented: false, ...more });
  expect([press('z', { ctrlKey: true }), press('Z', { metaKey: true, shiftKey: true }), press('y', { ctrlKey: true })]).toEqual([
    'undo',
    'redo',
    'redo',
  ]);
  expect([press('Delete'), press('Escape'), press('z'), press('toString')]).toEqual(['delete', 'leave', null, null]);
  const field = new Field() as unknown as EventTarget;
  expect([press('Delete', { target: field }), press('z', { ctrlKey: true, target: field }), press('Escape', { target: field })]).toEqual([
    null,
    null,
    'leave',
  ]);
  expect([tabAfterKey(['a', 'b', 'c'], 'c', 'ArrowRight'), tabAfterKey(['a', 'b', 'c'], 'a', 'ArrowLeft')]).toEqual(['a', 'c']);
  expect(tabAfterKey(['a', 'b'], 'a', 'Enter')).toBeNull();
});

test('steps are a power of ten times 1, 2 or 5', () => {
  expect([niceStep(1), niceStep(2.4), niceStep(90)].map((x) => Number(x.toPrecision(6)))).toEqual([0.05, 0.1, 2]);
  expect(niceStep(0)).toBe(0.1);
});

test('only what the worker does not know yet is sent, and disposing answers everything', async () => {
  const commands: EditCommand[] = [];
  const port = {
    postMessage: (command: EditCommand) => void commands.push(command),
    terminate: () => undefined,
    onmessage: null,
    onerror: null,
  };
  const client = createEdit(new Blob([]), 'a.ply', () => port);
  const [a, b, c] = [0.1, 0.2, 0.3].map((strength): EditOperation => ({ kind: 'floaters', strength }));
  const first = client.follow([a, b]);
  void client.follow([a, c]);
  void client.follow([a]);
  expect(commands.slice(1).map((command) => command.type === 'follow' && command.ask)).toEqual([
    { keep: 0, add: [a, b] },
    { keep: 1, add: [c] },
    { keep: 1, add: [] },
  ]);
  client.dispose();
  expect(await first).toBeNull();
  expect(await client.ask('gesture', { kind: 'all' })).toBeNull();
  expect((await client.opened).ok).toBe(false);
});
