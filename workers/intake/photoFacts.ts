/**
 * A photo's facts for the project's record, from its file and its small picture.
 * Invariant: what the file does not say is null; a photo that could not be opened has no size and no sharpness, and is not kept.
 */
import { exposureOf } from '../../src/core/image/clipping.ts';
import { sharpnessOf } from '../../src/core/image/sharpness.ts';
import type { ProjectPhoto } from '../../src/core/project/project.ts';
import { type PhotoExif, focalPxOf } from '../../src/core/sfm/exif.ts';
import type { SmallPicture } from './smallPictures.ts';

/** Maker and model as people say them: models often begin with their maker's name. */
export function cameraName({ make, model }: Pick<PhotoExif, 'make' | 'model'>): string | null {
  if (!make || !model) return model ?? make;
  return model.toLowerCase().startsWith(make.split(' ')[0].toLowerCase()) ? model : `${make} ${model}`;
}

type Stored = Pick<ProjectPhoto, 'id' | 'name' | 'file' | 'sizeBytes'>;

/** Not judged yet: kept, and as sharp as its neighbours. */
export function photoFacts(stored: Stored, exif: PhotoExif, { widthPx, heightPx, grey }: Omit<SmallPicture, 'thumbnail'>): ProjectPhoto {
  return {
    ...stored,
    widthPx,
    heightPx,
    takenMs: exif.timeMs,
    focalPx: focalPxOf(exif, widthPx, heightPx)?.f ?? null,
    cameraName: cameraName(exif),
    sharpness: sharpnessOf(grey),
    relativeSharpness: 1,
    ...exposureOf(grey),
    keep: true,
    reason: null,
  };
}

/** A photo that is listed, so that it can be seen what became of it, but of which no file is kept. */
export const unreadableFacts = (named: Omit<Stored, 'file'>): ProjectPhoto => ({
  ...named,
  file: '',
  ...{ widthPx: 0, heightPx: 0, takenMs: null, focalPx: null, cameraName: null },
  ...{ sharpness: NaN, relativeSharpness: NaN, exposure: 0, clippedDark: 0, clippedBright: 0 },
  ...{ keep: false, reason: 'unreadable' as const },
});
