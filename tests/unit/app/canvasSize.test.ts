/** The preview's size in device pixels. */
import { expect, test } from 'vitest';
import { canvasSize } from '../../../src/app/features/train/canvasSize.ts';

test.each([
  ['a plain screen', [800, 600, 1], [800, 600]],
  ['a phone at 3x is drawn at 2x', [390, 400, 3], [780, 800]],
  ['a large screen is capped on its longer side, its shape kept', [2560, 1280, 1.5], [1920, 960]],
  ['a fraction of a pixel is rounded', [333, 100, 1.25], [416, 125]],
  ['no room at all is one pixel', [0, 0, 2], [1, 1]],
] as const)('%s', (_, [width, height, ratio], [widthPx, heightPx]) => {
  expect(canvasSize(width, height, ratio)).toEqual({ widthPx, heightPx });
});
