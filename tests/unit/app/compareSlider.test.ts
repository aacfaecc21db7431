/** The compare slider: where the photo lies in the stage, and what keys and pointers make of the divider. */
import { expect, test } from 'vitest';
import { photoBox, shareAfterKey, shareAt } from '../../../src/app/features/view/compareSlider.ts';

test('the photo lies centred, as large as fits, in its own proportions', () => {
  expect(photoBox(1000, 480, { widthPx: 64, heightPx: 48 })).toEqual({ left: 180, top: 0, width: 640, height: 480 });
  expect(photoBox(300, 900, { widthPx: 30, heightPx: 60 })).toEqual({ left: 0, top: 150, width: 300, height: 600 });
  expect(photoBox(640, 480, { widthPx: 64, heightPx: 48 })).toEqual({ left: 0, top: 0, width: 640, height: 480 });
});

test('keys move the divider and stop at its ends', () => {
  expect(shareAfterKey(50, 'ArrowRight')).toBe(52);
  expect(shareAfterKey(50, 'ArrowLeft')).toBe(48);
  expect(shareAfterKey(50, 'PageUp')).toBe(60);
  expect(shareAfterKey(50, 'PageDown')).toBe(40);
  expect(shareAfterKey(99, 'ArrowUp')).toBe(100);
  expect(shareAfterKey(1, 'ArrowDown')).toBe(0);
  expect(shareAfterKey(37, 'Home')).toBe(0);
  expect(shareAfterKey(37, 'End')).toBe(100);
  expect(shareAfterKey(37, 'Tab')).toBeNull();
  expect(shareAfterKey(37, 'toString')).toBeNull();
});

test('a pointer puts the divider under itself, never outside the photo', () => {
  expect(shareAt(150, { left: 100, width: 200 })).toBe(25);
  expect(shareAt(0, { left: 100, width: 200 })).toBe(0);
  expect(shareAt(900, { left: 100, width: 200 })).toBe(100);
  expect(shareAt(10, { left: 0, width: 0 })).toBe(50);
});
