/**
 * The shots of one visit to the camera.
 * Invariant: numbers are never used twice; a deleted shot leaves a gap, so that what was announced stays true.
 */
import type { PickedFile } from '../../../../../workers/protocol.ts';

export interface Shot {
  /** 1 for the first. */
  number: number;
  file: PickedFile;
  /** A small square picture as a data URL. */
  thumbnail: string;
}

/** A photo as the rest of the app takes it. */
export function pickedShot(photo: Blob, name: string, timeMs: number): PickedFile {
  return { path: name, file: new File([photo], name, { type: 'image/jpeg', lastModified: timeMs }) };
}
