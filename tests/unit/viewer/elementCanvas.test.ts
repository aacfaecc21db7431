/** The size of the canvas follows its box and the screen, and who may move the camera follows what is shown. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { AttributeReader } from '../../../src/viewer/attributeReader.ts';
import { type CanvasSize, watchSize } from '../../../src/viewer/canvasSize.ts';
import { stillReader } from '../../../src/viewer/sceneView.ts';

afterEach(() => vi.unstubAllGlobals());

/** A window with one observed box, and its screen. */
function setUp() {
  let report: (entries: { contentRect: { width: number; height: number } }[]) => void = () => undefined;
  const observed: unknown[] = [];
  vi.stubGlobal(
    'ResizeObserver',
    class {
      constructor(callback: typeof report) {
        report = callback;
      }
      observe = (box: unknown) => observed.push(box);
      disconnect = () => (report = () => undefined);
    },
  );
  const queries: { media: string; target: EventTarget }[] = [];
  vi.stubGlobal('matchMedia', (media: string) => {
    const target = new EventTarget();
    queries.push({ media, target });
    return target;
  });
  const density = (now: number) => {
    const held = (at: number) => queries.filter(({ media }) => media === `(resolution: ${at}dppx)`);
    const flipped = [...held(devicePixelRatio), ...held(now)];
    vi.stubGlobal('devicePixelRatio', now);
    // Only queries that begin or cease to hold say so.
    flipped.forEach(({ target }) => target.dispatchEvent(new Event('change')));
  };
  vi.stubGlobal('devicePixelRatio', 1);
  const sizes: CanvasSize[] = [];
  const stop = watchSize({ parentElement: {} } as never, (size) => sizes.push(size));
  return { sizes, stop, density, resize: (width: number, height: number) => report([{ contentRect: { width, height } }]) };
}

describe('the size of the canvas', () => {
  test('follows the box and, where that stays, the density of the screen', () => {
    const { sizes, density, resize } = setUp();
    resize(300, 150);
    density(2);
    density(1.5);
    resize(100, 100);
    expect(sizes).toEqual([
      { widthPx: 300, heightPx: 150 },
      { widthPx: 600, heightPx: 300 },
      { widthPx: 450, heightPx: 225 },
      { widthPx: 150, heightPx: 150 },
    ]);
  });

  test('is told no more after stopping, and not before the box is known', () => {
    const { sizes, density, resize, stop } = setUp();
    density(2);
    expect(sizes).toEqual([]);
    resize(10, 10);
    stop();
    density(1);
    resize(20, 20);
    expect(sizes).toEqual([{ widthPx: 20, heightPx: 20 }]);
  });
});

test('while another camera is looked through nothing moves the one that orbits, and the rest reads as ever', () => {
  const values = { 'camera-controls': true, 'auto-rotate': true, mode: 'fly', 'disable-zoom': true };
  let still = false;
  const read = stillReader(((name: keyof typeof values) => values[name]) as unknown as AttributeReader, () => still);
  const all = () => [read('camera-controls'), read('auto-rotate'), read('mode'), read('disable-zoom')];
  expect(all()).toEqual([true, true, 'fly', true]);
  still = true;
  expect(all()).toEqual([false, false, 'fly', true]);
});
