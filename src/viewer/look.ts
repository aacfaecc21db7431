/** What a picture looks like besides the camera: background, exposure, crop. Invariant: read again only after forget(). */
import type { Quaternion } from '../core/math/rotation.ts';
import type { ViewFrame } from '../core/view/splatRenderer.ts';
import type { AttributeReader } from './attributeReader.ts';
import { fileFromWorldBox } from './camera/toView.ts';
import { readColour } from './cssColour.ts';
import { parseBox } from './places.ts';

export type Look = Pick<ViewFrame, 'background' | 'exposure' | 'crop'>;

export interface LookReader {
  /** The crop is the smallest upright file box around the world's: the same box unless the orientation turns by other than quarters. */
  read(worldFromFile: Quaternion): Look;
  /** An attribute or the orientation changed. */
  forget(): void;
}

export function createLook(read: AttributeReader): LookReader {
  let look: Look | null = null;
  return {
    read(worldFromFile) {
      if (look) return look;
      const crop = parseBox(read('crop'));
      look = {
        background: readColour(read('background')),
        exposure: Math.max(0, read('exposure')),
        crop: crop && fileFromWorldBox(crop, worldFromFile),
      };
      return look;
    },
    forget() {
      look = null;
    },
  };
}
