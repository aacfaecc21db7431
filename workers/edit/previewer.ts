/**
 * What an operation would take, before it is done.
 * Invariant: the splats marked are those that the operation itself will take.
 */
import type { EditableSplats } from '../../src/core/scene/edit/editedState.ts';
import { editedState } from '../../src/core/scene/edit/editedState.ts';
import { floaterScores, floaterThreshold } from '../../src/core/scene/edit/floaters.ts';
import type { Preview } from './messages.ts';

export interface Previewer {
  /** One byte per splat, 1 for those that would go. */
  maskOf(preview: Preview): Uint8Array;
}

export function createPreviewer(splats: EditableSplats): Previewer {
  let scores: Float32Array | null = null;

  /** Scores take a second for a large scene and are kept, since a slider asks again and again. */
  function floaters(strength: number): Uint8Array {
    const mask = new Uint8Array(splats.count);
    if (strength <= 0) return mask;
    scores ??= floaterScores(splats);
    const threshold = floaterThreshold(strength);
    for (let i = 0; i < mask.length; i++) mask[i] = scores[i] > threshold ? 1 : 0;
    return mask;
  }

  return {
    maskOf(preview) {
      if (preview.kind === 'floaters') return floaters(preview.strength);
      if (preview.kind === 'outside-box') return editedState([{ kind: 'crop-box', box: preview.box }], splats).hidden;
      return editedState([{ kind: 'crop-sphere', sphere: preview.sphere }], splats).hidden;
    },
  };
}
