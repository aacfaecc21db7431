/**
 * What a person points at, as a selection.
 * Invariant: one byte per splat, 0 or 1; splats that are gone are not pointed at.
 */
import { hasBit } from '../../src/core/scene/edit/bits.ts';
import { coarseDepth } from '../../src/core/scene/edit/coarseDepth.ts';
import type { EditableSplats } from '../../src/core/scene/edit/editedState.ts';
import type { SplatBits } from '../../src/core/scene/edit/operations.ts';
import { type Reach, inBox, inBrush, inLasso, inSphere } from '../../src/core/scene/edit/select.ts';
import type { PinholeView } from '../../src/core/scene/camera.ts';
import type { Gesture, SelectMode } from './messages.ts';

export interface Pointing {
  /** Changes the selection in place. */
  apply(gesture: Gesture, selected: Uint8Array, hidden: Uint8Array): void;
  /** What is gone has changed. */
  forget(): void;
}

type Drawn = Extract<Gesture, { kind: 'brush' | 'lasso' }>;

const sameView = (a: PinholeView, b: PinholeView): boolean => JSON.stringify(a) === JSON.stringify(b);

function combine(bits: SplatBits, mode: SelectMode, selected: Uint8Array): void {
  for (let i = 0; i < selected.length; i++) {
    const meant = hasBit(bits, i);
    if (mode === 'replace') selected[i] = meant ? 1 : 0;
    else if (meant) selected[i] = mode === 'add' ? 1 : 0;
  }
}

export function createPointing(splats: EditableSplats): Pointing {
  /** The selection before the last stroke. */
  let before: Uint8Array | null = null;
  /** The visible surface as the last gesture saw it: a stroke has many pieces and one camera. */
  let surface: { view: PinholeView; reach: Reach } | null = null;

  function reachOf({ through, view }: Drawn, hidden: Uint8Array): Reach {
    if (through) return { through: true };
    if (!surface || !sameView(surface.view, view))
      surface = { view, reach: { through: false, depthAt: coarseDepth(splats, view, hidden) } };
    return surface.reach;
  }

  function meant(gesture: Exclude<Gesture, { kind: 'all' | 'none' | 'invert' | 'unbrush' }>, hidden: Uint8Array): SplatBits {
    const { means } = splats;
    if (gesture.kind === 'box') return inBox(means, gesture.box);
    if (gesture.kind === 'sphere') return inSphere(means, gesture.sphere);
    const reach = reachOf(gesture, hidden);
    if (gesture.kind === 'brush') return inBrush(means, gesture.view, gesture.strokePx, gesture.radiusPx, reach);
    return inLasso(means, gesture.view, gesture.polygonPx, reach);
  }

  return {
    apply(gesture, selected, hidden) {
      if (gesture.kind === 'brush' && gesture.begins) before = selected.slice();
      if (gesture.kind === 'all') selected.fill(1);
      else if (gesture.kind === 'none') selected.fill(0);
      else if (gesture.kind === 'invert') for (let i = 0; i < selected.length; i++) selected[i] ^= 1;
      else if (gesture.kind === 'unbrush') selected.set(before ?? selected);
      else combine(meant(gesture, hidden), gesture.mode, selected);
      for (let i = 0; i < selected.length; i++) if (hidden[i] !== 0) selected[i] = 0;
    },
    forget() {
      surface = null;
    },
  };
}
