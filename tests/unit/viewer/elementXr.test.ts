/** The scene on its way into a headset ends with the visit, however that ends, and the page's picture goes on. */
import { expect, test, vi } from 'vitest';
import { type Result, fail, ok } from '../../../src/core/job/failure.ts';
import type { Filling } from '../../../src/viewer/sceneFlow.ts';
import type { LoadDetail } from '../../../src/viewer/viewerEvents.ts';
import type { XrButtonHooks } from '../../../src/viewer/xr/xrButton.ts';
import { createXrEntry } from '../../../src/viewer/xrEntry.ts';
import { FakeElement } from './fakeElement.ts';

const buttons = vi.hoisted((): { hooks: unknown } => ({ hooks: null }));
vi.mock('../../../src/viewer/xr/xrButton.ts', () => ({
  createXrButtons(hooks: unknown) {
    buttons.hooks = hooks;
    return { element: new FakeElement(), dispose: () => undefined };
  },
}));

const cancelled = fail('cancelled', 'Another scene was asked for.');

function setUp() {
  const notes: string[] = [];
  let resolve: (result: Result<LoadDetail>) => void = () => undefined;
  const fill = (): Filling => ({
    done: new Promise((end) => (resolve = end)),
    cancel() {
      notes.push('cancel');
      resolve(cancelled);
    },
  });
  const entry = createXrEntry(new FakeElement() as never, { xr: new FakeElement() } as never, {
    scene: () => ({ fill, look: () => ({}) as never, camera: {} as never }),
    busy: (inside) => notes.push(`busy ${inside}`),
    failed: () => notes.push('failed'),
  });
  entry.set(true, {} as never);
  const hooks = buttons.hooks as XrButtonHooks;
  const enter = () => {
    const scene = hooks.scene('immersive-vr');
    hooks.onenter?.({} as never);
    return scene;
  };
  return { notes, entry, hooks, enter, finish: (result: Result<LoadDetail>) => resolve(result) };
}

test('leaving the session stops the filling, which is no failure', async () => {
  const { notes, hooks, enter } = setUp();
  const filled = enter().fill({} as never);
  hooks.onleave?.();
  expect(await filled).toEqual(ok(null));
  expect(notes).toEqual(['busy true', 'cancel', 'busy false']);
});

test('so does taking the element or the attribute away', async () => {
  const { notes, entry, enter } = setUp();
  const scene = enter();
  void scene.fill({} as never);
  entry.dispose();
  expect(notes).toEqual(['busy true', 'cancel', 'busy false']);
  // A session that was still being asked for then.
  expect(await scene.fill({} as never)).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
});

test('a filling that fails by itself says so', async () => {
  const { enter, finish } = setUp();
  const filled = enter().fill({} as never);
  finish(fail('bad-file', 'Not a splat.'));
  expect(await filled).toMatchObject({ ok: false, failure: { code: 'bad-file' } });
});
