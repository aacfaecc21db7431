/**
 * The geometry and the keys of the compare slider.
 * Invariant: the divider's place is the photo's share of the width in percent, 0..100 and whole.
 */
import type { PinholeView } from '../../../core/scene/camera.ts';

export interface PhotoBox {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The largest centred box of the view's proportions in a stage, in the stage's pixels: where the viewer shows what lies in the view. */
export function photoBox(
  stageWidth: number,
  stageHeight: number,
  { widthPx, heightPx }: Pick<PinholeView, 'widthPx' | 'heightPx'>,
): PhotoBox {
  const fit = Math.min(stageWidth / widthPx, stageHeight / heightPx);
  const [width, height] = [widthPx * fit, heightPx * fit];
  return { left: (stageWidth - width) / 2, top: (stageHeight - height) / 2, width, height };
}

const whole = (share: number): number => Math.min(100, Math.max(0, Math.round(share)));

/** The divider under a pointer at `clientX`. */
export const shareAt = (clientX: number, box: Pick<DOMRect, 'left' | 'width'>): number =>
  box.width > 0 ? whole((100 * (clientX - box.left)) / box.width) : 50;

const steps: Record<string, number> = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10 };

/** Where a key moves the divider; null for keys that are not the slider's. */
export function shareAfterKey(share: number, key: string): number | null {
  if (key === 'Home') return 0;
  if (key === 'End') return 100;
  return Object.hasOwn(steps, key) ? whole(share + steps[key]) : null;
}
