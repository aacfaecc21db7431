/** What people do to the surface, and what the camera makes of it. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { positionOf } from '../../../src/viewer/camera/axes.ts';
import { type CameraHooks, type CameraSettings, createCameraController } from '../../../src/viewer/camera/cameraController.ts';
import type { CameraState } from '../../../src/viewer/camera/cameraState.ts';
import { defaultLimits } from '../../../src/viewer/camera/limits.ts';
import { project } from '../../../src/viewer/camera/toView.ts';
import { drag, fakeSurface, keyDown, keyUp, pointer, send, wheel } from './fakeSurface.ts';

const start: CameraState = { target: [0, 0, 0], theta: 0, phi: Math.PI / 2, radius: 4, fov: Math.PI / 2 };
const plain: CameraSettings = {
  mode: 'orbit',
  enabled: true,
  limits: defaultLimits(4),
  disableZoom: false,
  disablePan: false,
  disableTap: false,
  touchAction: 'pan-y',
  autoRotate: false,
  autoRotateDelayMs: 3000,
  rotationPerSecond: Math.PI / 6,
  interpolationDecayMs: 50,
  orbitSensitivity: 1,
  zoomSensitivity: 1,
  panSensitivity: 1,
};

function setUp(settings: Partial<CameraSettings> = {}, more: Partial<CameraHooks> = {}) {
  const surface = fakeSurface();
  const log = { frames: 0, sources: [] as string[], taps: [] as [number, number, boolean][] };
  const hooks: CameraHooks = {
    invalidate: () => void log.frames++,
    onchange: (source) => void log.sources.push(source),
    ontap: (...tap) => void log.taps.push(tap),
    reducedMotion: () => false,
    ...more,
  };
  const camera = createCameraController(surface as unknown as HTMLElement, hooks, { ...plain, ...settings }, start);
  return { surface, camera, log };
}

function settle(camera: ReturnType<typeof createCameraController>): number {
  let ticks = 0;
  while (camera.tick(16)) if (++ticks > 1000) throw new Error('The camera never rests.');
  return ticks;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('pointers', () => {
  test('a drag over the whole height turns once around; the scene follows the pointer', () => {
    const { surface, camera, log } = setUp();
    drag(surface, [
      [100, 100],
      [150, 100],
    ]);
    expect(camera.goal.theta).toBeCloseTo(-Math.PI / 2, 9);
    expect(camera.state).toEqual(start);
    // A point on the front of the scene has moved to the right once the camera is there.
    settle(camera);
    expect(camera.state).toEqual(camera.goal);
    drag(surface, [
      [100, 100],
      [100, 110],
    ]);
    // Down: the camera rises.
    expect(camera.goal.phi).toBeCloseTo(Math.PI / 2 - Math.PI / 10, 9);
    expect(camera.userHasMoved).toBe(true);
    expect(log.frames).toBeGreaterThan(0);
    expect(new Set(log.sources)).toEqual(new Set(['user-interaction']));
  });

  test.each([
    ['shift', { shiftKey: true }],
    ['ctrl', { ctrlKey: true }],
    ['the right button', { button: 2, buttons: 2 }],
    ['the middle button', { button: 1, buttons: 4 }],
  ])('%s pans: the target stays under the pointer', (_, look) => {
    const { surface, camera } = setUp();
    drag(
      surface,
      [
        [200, 100],
        [230, 110],
        [240, 80],
      ],
      look,
    );
    expect(camera.goal.theta).toBe(0);
    const seen = project([0, 0, 0], camera.goal, 400, 200);
    expect(seen?.xPx).toBeCloseTo(240, 6);
    expect(seen?.yPx).toBeCloseTo(80, 6);
  });

  test('two fingers pan and pinch', () => {
    const { surface, camera } = setUp();
    const one = { pointerType: 'touch' as const, pointerId: 1 };
    const two = { pointerType: 'touch' as const, pointerId: 2 };
    pointer(surface, 'down', 180, 100, one);
    pointer(surface, 'down', 220, 100, two);
    for (let k = 1; k <= 20; k++) {
      pointer(surface, 'move', 180 - k, 100, one);
      pointer(surface, 'move', 220 + k, 100, two);
    }
    expect(camera.goal.radius).toBeCloseTo(2, 9);
    expect(project([0, 0, 0], camera.goal, 400, 200)?.xPx).toBeCloseTo(200, 0);
    expect(new Set(surface.captured)).toEqual(new Set([1, 2]));
    pointer(surface, 'up', 160, 100, one);
    const before = camera.goal;
    pointer(surface, 'move', 250, 100, two);
    expect(camera.goal.radius).toBe(before.radius);
    expect(camera.goal.theta).toBeLessThan(0);
    pointer(surface, 'up', 250, 100, two);
    pointer(surface, 'move', 300, 100, two);
    expect(camera.goal.theta).toBeCloseTo(-(10 / 200) * 2 * Math.PI, 9);
  });

  test('pan-y: a vertical swipe is the page’s to the end, a horizontal one turns in both directions', () => {
    const { surface, camera } = setUp();
    const finger = { pointerType: 'touch' as const };
    drag(
      surface,
      [
        [100, 50],
        [102, 80],
        [180, 80],
      ],
      finger,
    );
    expect(camera.goal).toEqual(start);
    drag(
      surface,
      [
        [100, 50],
        [130, 52],
        [130, 92],
      ],
      finger,
    );
    expect(camera.goal.theta).toBeLessThan(0);
    expect(camera.goal.phi).toBeLessThan(1.2);
    const free = setUp({ touchAction: 'none' });
    drag(
      free.surface,
      [
        [100, 50],
        [102, 80],
      ],
      finger,
    );
    expect(free.camera.goal.phi).toBeLessThan(1.2);
    const sideways = setUp({ touchAction: 'pan-x' });
    drag(
      sideways.surface,
      [
        [100, 50],
        [130, 52],
      ],
      finger,
    );
    expect(sideways.camera.goal).toEqual(start);
  });

  test('a swipe that the browser takes over leaves nothing behind', () => {
    const { surface, camera } = setUp();
    const finger = { pointerType: 'touch' as const };
    pointer(surface, 'down', 100, 50, finger);
    pointer(surface, 'cancel', 100, 50, finger);
    pointer(surface, 'move', 200, 50, finger);
    expect(camera.goal).toEqual(start);
    drag(
      surface,
      [
        [100, 50],
        [150, 50],
      ],
      finger,
    );
    expect(camera.goal.theta).toBeCloseTo(-Math.PI / 2, 9);
  });

  test('the page does not scroll during a drag, and may before', () => {
    const { surface } = setUp();
    expect(send(surface, 'touchstart')).toBe(false);
    expect(send(surface, 'touchmove')).toBe(false);
    pointer(surface, 'down', 100, 50, { pointerType: 'touch' });
    pointer(surface, 'move', 140, 50, { pointerType: 'touch' });
    expect(send(surface, 'touchmove')).toBe(true);
  });

  test('a mouse button let go outside of the page ends the drag', () => {
    const { surface, camera } = setUp();
    pointer(surface, 'down', 100, 50);
    pointer(surface, 'move', 150, 50, { buttons: 0 });
    pointer(surface, 'move', 200, 50);
    expect(camera.goal).toEqual(start);
  });

  test('taps: single, double, not after a drag, not with two fingers, not when long', () => {
    const { surface, log } = setUp({ enabled: false });
    drag(surface, [[100, 50]], { timeStamp: 0 });
    drag(
      surface,
      [
        [104, 52],
        [105, 52],
      ],
      { timeStamp: 200 },
    );
    drag(surface, [[104, 52]], { timeStamp: 400 });
    expect(log.taps).toEqual([
      [100, 50, false],
      [105, 52, true],
      [104, 52, false],
    ]);
    drag(
      surface,
      [
        [100, 50],
        [160, 50],
        [100, 50],
      ],
      { timeStamp: 2000 },
    );
    pointer(surface, 'down', 100, 50, { timeStamp: 3000 });
    pointer(surface, 'up', 100, 50, { timeStamp: 3500 });
    drag(surface, [[100, 50]], { button: 2, timeStamp: 5000 });
    pointer(surface, 'down', 100, 50, { timeStamp: 6000, pointerId: 1, pointerType: 'touch' });
    pointer(surface, 'down', 200, 50, { timeStamp: 6000, pointerId: 2, pointerType: 'touch' });
    pointer(surface, 'up', 100, 50, { timeStamp: 6010, pointerId: 1, pointerType: 'touch' });
    pointer(surface, 'up', 200, 50, { timeStamp: 6020, pointerId: 2, pointerType: 'touch' });
    expect(log.taps.length).toBe(3);
  });

  test('a press on a hotspot is no tap and is not captured, but may become a drag', () => {
    const { surface, camera, log } = setUp();
    const button = { closest: () => button };
    const onButton = (type: string, clientX: number, buttons = 1) =>
      send(surface, `pointer${type}`, { target: button, pointerId: 1, pointerType: 'mouse', button: 0, buttons, clientX, clientY: 50 });
    onButton('down', 100);
    expect(surface.captured).toEqual([]);
    onButton('up', 100);
    expect(log.taps).toEqual([]);
    onButton('down', 100);
    onButton('move', 150);
    expect(surface.captured).toEqual([1]);
    expect(camera.goal.theta).toBeLessThan(0);
  });
});

describe('wheel and keys', () => {
  test('the wheel zooms only with the focus; the trackpad’s pinch always', () => {
    const { surface, camera } = setUp();
    expect(wheel(surface, -100)).toBe(false);
    expect(camera.goal.radius).toBe(4);
    expect(wheel(surface, -10, { ctrlKey: true })).toBe(true);
    expect(camera.goal.radius).toBeLessThan(4);
    surface.isFocused = true;
    const before = camera.goal.radius;
    expect(wheel(surface, 100)).toBe(true);
    expect(camera.goal.radius).toBeGreaterThan(before);
    const lines = setUp();
    lines.surface.isFocused = true;
    wheel(lines.surface, 1e9, { deltaMode: 1 });
    expect(lines.camera.goal.radius).toBeCloseTo(4 * Math.exp(0.5), 9);
  });

  test('arrows turn, with shift they pan, + and - zoom, Home goes back; the page keeps the rest', () => {
    const { surface, camera } = setUp();
    expect(keyDown(surface, 'ArrowRight')).toBe(true);
    expect(camera.goal.theta).toBeCloseTo(-Math.PI / 8, 9);
    keyDown(surface, 'ArrowUp');
    expect(camera.goal.phi).toBeCloseTo(Math.PI / 2 + Math.PI / 8, 9);
    keyDown(surface, 'ArrowLeft', 'ArrowLeft', { shiftKey: true });
    expect(camera.goal.target).not.toEqual([0, 0, 0]);
    keyDown(surface, '+', 'Equal');
    keyDown(surface, 'PageUp');
    expect(camera.goal.radius).toBeCloseTo(4 / 1.15 ** 2, 9);
    keyDown(surface, '-', 'Minus');
    keyDown(surface, 'PageDown');
    expect(camera.goal.radius).toBeCloseTo(4, 9);
    expect(keyDown(surface, 'Home')).toBe(true);
    expect(camera.goal).toEqual(start);
    for (const key of ['Tab', 'Enter', 'a', 'Escape', ' ']) expect(keyDown(surface, key)).toBe(false);
    for (const held of ['ctrlKey', 'altKey', 'metaKey']) expect(keyDown(surface, '+', 'Equal', { [held]: true })).toBe(false);
    expect(camera.goal).toEqual(start);
  });

  test('Home asks the hook where there is one', () => {
    let asked = 0;
    const { surface, camera } = setUp({}, { onreset: () => void asked++ });
    keyDown(surface, 'ArrowRight');
    keyDown(surface, '0', 'Digit0');
    expect(asked).toBe(1);
    expect(camera.goal.theta).not.toBe(0);
  });

  test('typing into a field on the surface moves nothing', () => {
    const { surface, camera } = setUp();
    const field = { closest: () => field };
    send(surface, 'keydown', { target: field, key: 'Home', code: 'Home' });
    send(surface, 'keydown', { target: field, key: '+', code: 'Equal' });
    expect(camera.goal).toEqual(start);
  });

  test('disable-zoom and disable-pan hold for every way to do it', () => {
    const { surface, camera } = setUp({ disableZoom: true, disablePan: true });
    surface.isFocused = true;
    expect(wheel(surface, -100)).toBe(false);
    expect(wheel(surface, -100, { ctrlKey: true })).toBe(false);
    expect(keyDown(surface, '+')).toBe(false);
    expect(keyDown(surface, 'ArrowLeft', 'ArrowLeft', { shiftKey: true })).toBe(false);
    drag(
      surface,
      [
        [100, 50],
        [150, 50],
      ],
      { shiftKey: true },
    );
    pointer(surface, 'down', 180, 100, { pointerId: 1, pointerType: 'touch' });
    pointer(surface, 'down', 220, 100, { pointerId: 2, pointerType: 'touch' });
    pointer(surface, 'move', 100, 100, { pointerId: 1, pointerType: 'touch' });
    expect(camera.goal).toEqual(start);
    expect(surface.style.touchAction).toBe('pan-y pinch-zoom');
  });

  test('without camera-controls nothing is taken from the page', () => {
    const { surface, camera } = setUp({ enabled: false });
    surface.isFocused = true;
    drag(surface, [
      [100, 50],
      [150, 50],
    ]);
    expect([wheel(surface, -100), keyDown(surface, 'ArrowLeft'), send(surface, 'contextmenu', { button: 2 })]).toEqual([
      false,
      false,
      false,
    ]);
    expect(camera.goal).toEqual(start);
    expect(surface.style).toEqual({ touchAction: '', cursor: '' });
    expect(surface.captured).toEqual([]);
    camera.setSettings({ enabled: true });
    expect(surface.style).toEqual({ touchAction: 'pan-y', cursor: 'grab' });
    expect(send(surface, 'contextmenu', { button: 2 })).toBe(true);
    camera.dispose();
    expect(surface.style).toEqual({ touchAction: '', cursor: '' });
    drag(surface, [
      [100, 50],
      [150, 50],
    ]);
    keyDown(surface, 'ArrowLeft');
    expect(camera.goal).toEqual(start);
  });
});

describe('fly mode', () => {
  test('W moves along the gaze for as long as it is held, faster with shift', () => {
    const { surface, camera } = setUp({ mode: 'fly' });
    expect(keyDown(surface, 'w', 'KeyW')).toBe(true);
    for (let k = 0; k < 10; k++) {
      expect(camera.tick(50)).toBe(true);
      // The keyboard repeats it; that adds nothing.
      keyDown(surface, 'w', 'KeyW');
    }
    keyUp(surface, 'w', 'KeyW');
    settle(camera);
    const [x, y, z] = positionOf(camera.state);
    expect([x, y]).toEqual([expect.closeTo(0, 9), expect.closeTo(0, 9)]);
    // Half a second and the first glance, at 0.8 radii a second.
    expect(z).toBeCloseTo(4 - 0.55 * 0.8 * 4, 6);
    expect(camera.tick(50)).toBe(false);
    keyDown(surface, 'S', 'KeyS', { shiftKey: true });
    camera.tick(100);
    keyUp(surface, 'S', 'KeyS');
    settle(camera);
    expect(positionOf(camera.state)[2] - z).toBeCloseTo(0.15 * 3.2 * 4, 6);
  });

  test('D is right, E is up', () => {
    const { surface, camera } = setUp({ mode: 'fly' });
    for (const [key, code] of [
      ['d', 'KeyD'],
      ['e', 'KeyE'],
    ]) {
      keyDown(surface, key, code);
      keyUp(surface, key, code);
    }
    settle(camera);
    const [x, y] = positionOf(camera.state);
    expect(x).toBeCloseTo(0.05 * 0.8 * 4, 9);
    expect(y).toBeCloseTo(0.05 * 0.8 * 4, 9);
  });

  test('dragging and arrows look around from where one is; at the limit of phi too', () => {
    const { surface, camera } = setUp({ mode: 'fly' });
    const eye = positionOf(start);
    drag(surface, [
      [100, 50],
      [150, 50],
    ]);
    // To the right by a quarter of the height, which is an eighth of a turn.
    expect(camera.goal.theta).toBeCloseTo(-Math.PI / 4, 9);
    drag(surface, [
      [100, 50],
      [100, 900],
    ]);
    expect(camera.goal.phi).toBeCloseTo((5 / 180) * Math.PI, 9);
    keyDown(surface, 'ArrowLeft');
    camera.tick(100);
    keyUp(surface, 'ArrowLeft');
    positionOf(camera.goal).forEach((value, k) => expect(value).toBeCloseTo(eye[k], 9));
    expect(camera.goal.theta).toBeGreaterThan(-Math.PI / 4);
  });

  test('keys are let go with the focus and with the mode', () => {
    const { surface, camera } = setUp({ mode: 'fly' });
    keyDown(surface, 'w', 'KeyW');
    send(surface, 'focusout');
    settle(camera);
    keyDown(surface, 'w', 'KeyW');
    camera.setSettings({ mode: 'orbit' });
    settle(camera);
    camera.setSettings({ mode: 'fly' });
    settle(camera);
  });
});

describe('goal, limits and rest', () => {
  test('the page sets goals: glide or jump, with the source said', () => {
    const { camera, log } = setUp();
    camera.setGoal({ theta: 3 });
    expect(camera.state.theta).toBe(0);
    expect(log.sources).toEqual([]);
    expect(camera.tick(16)).toBe(true);
    expect(camera.state.theta > 0 && camera.state.theta < 3).toBe(true);
    settle(camera);
    expect(camera.state.theta).toBe(3);
    camera.setGoal({ theta: 7 * Math.PI, target: [1, 2, 3] }, 'jump');
    expect(camera.state).toEqual({ ...start, theta: 7 * Math.PI, target: [1, 2, 3] });
    expect(camera.tick(16)).toBe(false);
    expect(new Set(log.sources)).toEqual(new Set(['none']));
    expect(camera.userHasMoved).toBe(false);
    camera.setGoal({ theta: 0 }, 'glide', 'user-interaction');
    camera.tick(16);
    expect(log.sources.at(-1)).toBe('user-interaction');
  });

  test('goals are held inside the limits, and limits that close in take the camera along', () => {
    const { surface, camera } = setUp();
    camera.setGoal({ radius: 1e9, phi: -3, fov: NaN });
    expect(camera.goal.radius).toBe(32);
    expect(camera.goal.phi).toBeCloseTo((5 / 180) * Math.PI, 12);
    expect(camera.goal.fov).toBe(start.fov);
    camera.setSettings({ limits: { ...defaultLimits(4), theta: [-0.5, 0.5], radius: [3, 5] } });
    expect(camera.goal.radius).toBe(5);
    drag(surface, [
      [0, 50],
      [390, 50],
    ]);
    expect(camera.goal.theta).toBe(-0.5);
    for (let k = 0; k < 100; k++) {
      camera.tick(7);
      expect(camera.state.theta >= -0.5).toBe(true);
    }
  });

  test('where the radius has no room, zooming narrows the field of view', () => {
    const { surface, camera } = setUp({ limits: { ...defaultLimits(4), radius: [4, 4] } });
    keyDown(surface, '+');
    expect(camera.goal.radius).toBe(4);
    expect(camera.goal.fov).toBeCloseTo(start.fov / 1.15, 9);
  });

  test('at rest a tick changes nothing, tells nobody and asks for no frame', () => {
    const { camera, log } = setUp();
    const shown = camera.state;
    log.frames = 0;
    for (const dt of [16, 0, -5, NaN, Infinity]) expect(camera.tick(dt)).toBe(false);
    expect(camera.state).toBe(shown);
    expect(log).toEqual({ frames: 0, sources: [], taps: [] });
  });

  test('with reduced motion the camera is where it goes', () => {
    const { surface, camera, log } = setUp({}, { reducedMotion: () => true });
    drag(surface, [
      [100, 50],
      [150, 50],
    ]);
    expect(camera.tick(16)).toBe(false);
    expect(camera.state).toEqual(camera.goal);
    expect(log.sources).toEqual(['user-interaction']);
  });

  test('sensitivities are factors', () => {
    const [one, two] = [setUp(), setUp({ orbitSensitivity: 2, zoomSensitivity: 2, panSensitivity: 2 })];
    for (const { surface } of [one, two]) {
      drag(surface, [
        [100, 50],
        [110, 50],
      ]);
      keyDown(surface, '+');
    }
    expect(two.camera.goal.theta).toBeCloseTo(2 * one.camera.goal.theta, 9);
    expect(4 / two.camera.goal.radius).toBeCloseTo((4 / one.camera.goal.radius) ** 2, 9);
  });
});

describe('auto-rotate', () => {
  test('begins after the delay by asking for one frame, and turns the scene counter-clockwise seen from above', () => {
    const { camera, log } = setUp({ autoRotate: true });
    expect(camera.tick(16)).toBe(false);
    vi.advanceTimersByTime(2999);
    log.frames = 0;
    expect(camera.tick(16)).toBe(false);
    vi.advanceTimersByTime(1);
    expect(log.frames).toBe(1);
    for (let k = 0; k < 20; k++) expect(camera.tick(50)).toBe(true);
    expect(camera.state.theta).toBeCloseTo(-Math.PI / 6, 9);
    expect(camera.goal).toEqual(camera.state);
    expect(new Set(log.sources)).toEqual(new Set(['none']));
    expect(camera.userHasMoved).toBe(false);
    // A page that slept does not leap.
    camera.tick(60_000);
    expect(camera.state.theta).toBeCloseTo(-(Math.PI / 6) * 1.1, 9);
  });

  test('stops while somebody holds the camera, and for the delay after', () => {
    const { surface, camera, log } = setUp({ autoRotate: true });
    vi.advanceTimersByTime(3000);
    expect(camera.tick(16)).toBe(true);
    pointer(surface, 'down', 100, 50);
    vi.advanceTimersByTime(60_000);
    settle(camera);
    pointer(surface, 'up', 100, 50);
    vi.advanceTimersByTime(2999);
    settle(camera);
    vi.advanceTimersByTime(1);
    expect(camera.tick(16)).toBe(true);
    keyDown(surface, 'ArrowLeft');
    settle(camera);
    expect(log.sources.at(-1)).toBe('user-interaction');
    vi.advanceTimersByTime(3000);
    camera.tick(16);
    expect(log.sources.at(-1)).toBe('none');
    camera.setSettings({ autoRotate: false });
    vi.advanceTimersByTime(60_000);
    expect(camera.tick(16)).toBe(false);
  });

  test('not with reduced motion, not in fly mode, not after dispose', () => {
    for (const { camera } of [setUp({ autoRotate: true }, { reducedMotion: () => true }), setUp({ autoRotate: true, mode: 'fly' })]) {
      vi.advanceTimersByTime(5000);
      expect(camera.tick(16)).toBe(false);
    }
    const { camera, log } = setUp({ autoRotate: true });
    camera.dispose();
    log.frames = 0;
    vi.advanceTimersByTime(5000);
    expect(log.frames).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('turns round at the limits of theta', () => {
    const { camera } = setUp({ autoRotate: true, limits: { ...defaultLimits(4), theta: [-0.2, 0.2] } });
    vi.advanceTimersByTime(3000);
    const seen = Array.from({ length: 60 }, () => {
      camera.tick(50);
      return camera.state.theta;
    });
    expect(Math.min(...seen)).toBe(-0.2);
    expect(Math.max(...seen)).toBe(0.2);
  });
});
