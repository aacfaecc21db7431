/** What a person does with mouse, fingers, wheel and keys, and which movement it becomes. */
import { beforeEach, expect, test } from 'vitest';
import { listenToGestures } from '../../../src/app/features/train/gestures.ts';

let element: EventTarget;
let done: [name: string, ...values: number[]][];
let stop: () => void;

beforeEach(() => {
  element = Object.assign(new EventTarget(), { setPointerCapture: () => undefined });
  done = [];
  stop = listenToGestures(element as HTMLElement, {
    turn: (dx, dy) => done.push(['turn', dx, dy]),
    move: (dx, dy) => done.push(['move', dx, dy]),
    zoom: (factor) => done.push(['zoom', factor]),
    reset: () => done.push(['reset']),
  });
});

const send = (type: string, fields: object): Event => {
  const event = Object.assign(new Event(type, { cancelable: true }), fields);
  element.dispatchEvent(event);
  return event;
};
const pointer = (type: string, pointerId: number, clientX: number, clientY: number, more = {}): Event =>
  send(type, { pointerId, clientX, clientY, buttons: 1, shiftKey: false, ...more });

test('a drag turns by what the pointer moved; nothing happens before or after it', () => {
  pointer('pointermove', 1, 5, 5);
  pointer('pointerdown', 1, 10, 10);
  pointer('pointermove', 1, 13, 6);
  pointer('pointermove', 1, 14, 6);
  pointer('pointerup', 1, 14, 6);
  pointer('pointermove', 1, 90, 90);
  expect(done).toEqual([
    ['turn', 3, -4],
    ['turn', 1, 0],
  ]);
});

test('the right button and Shift move instead', () => {
  pointer('pointerdown', 1, 0, 0);
  pointer('pointermove', 1, 2, 1, { buttons: 2 });
  pointer('pointermove', 1, 4, 1, { shiftKey: true });
  expect(done).toEqual([
    ['move', 2, 1],
    ['move', 2, 0],
  ]);
});

test('two fingers move by their middle and zoom by their distance', () => {
  pointer('pointerdown', 1, 0, 0);
  pointer('pointerdown', 2, 100, 0);
  pointer('pointermove', 2, 150, 0);
  expect(done).toEqual([
    ['move', 25, 0],
    ['zoom', 1.5],
  ]);
});

test('the wheel zooms in when turned away from the person, by the same factor back, and never scrolls the page', () => {
  const event = send('wheel', { deltaY: -100, deltaMode: 0 });
  send('wheel', { deltaY: 100, deltaMode: 0 });
  expect(event.defaultPrevented).toBe(true);
  expect(done[0][1]).toBeGreaterThan(1.05);
  expect(done[0][1] * done[1][1]).toBeCloseTo(1, 12);
});

test.each([
  ['ArrowRight', false, 'turn'],
  ['ArrowUp', true, 'move'],
  ['+', false, 'zoom'],
  ['-', false, 'zoom'],
  ['0', false, 'reset'],
])('the key %s (Shift: %s) means %s', (key, shiftKey, name) => {
  const event = send('keydown', { key, shiftKey, ctrlKey: false, altKey: false, metaKey: false });
  expect(done.map(([each]) => each)).toEqual([name]);
  expect(event.defaultPrevented).toBe(true);
});

test("the browser's own keys are left alone", () => {
  send('keydown', { key: '+', ctrlKey: true });
  const tab = send('keydown', { key: 'Tab', ctrlKey: false, altKey: false, metaKey: false });
  expect(done).toEqual([]);
  expect(tab.defaultPrevented).toBe(false);
});

test('after it was told to stop, nothing is heard', () => {
  stop();
  send('wheel', { deltaY: 1, deltaMode: 0 });
  expect(done).toEqual([]);
});
