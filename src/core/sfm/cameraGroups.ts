/**
 * Camera groups: which photos were taken by the same camera at the same zoom, and so share one lens while solving.
 * Invariant: every photo is in exactly one group; groups come in the order of their first photos.
 */
import type { KnownIntrinsics } from './contract.ts';
import { type ExifFocalSource, type PhotoExif, focalPxOf } from './exif.ts';

export interface GroupPhoto {
  name: string;
  /** Upright. */
  widthPx: number;
  heightPx: number;
  exif: PhotoExif;
}

export interface CameraGroup {
  /** For people: maker, model, focal length, size. */
  name: string;
  members: number[];
  /** Focal length along x over the longer side; null when nothing tells it. */
  focalRatio: number | null;
  focalFrom: ExifFocalSource | 'given' | 'guess';
}

export interface CameraGroups {
  groups: CameraGroup[];
  /** [photos]. */
  groupOf: Int32Array;
}

export interface GroupOptions {
  /** All photos are frames of one video. */
  video: boolean;
  /** Known for photos of their shape, whatever the size. */
  intrinsics?: KnownIntrinsics;
}

interface Size {
  widthPx: number;
  heightPx: number;
}

const longerSide = ({ widthPx, heightPx }: Size): number => Math.max(widthPx, heightPx);
const shorterSide = ({ widthPx, heightPx }: Size): number => Math.min(widthPx, heightPx);

/** A portrait and a landscape photo of one camera have one shape: the sensor's. */
const sizeText = (size: Size): string => `${longerSide(size)}x${shorterSide(size)}`;

/** Scaling to whole pixels changes the shape by less. */
const shapeTolerance = 0.01;
const sameShape = (a: Size, b: Size): boolean =>
  Math.abs((longerSide(a) * shorterSide(b)) / (shorterSide(a) * longerSide(b)) - 1) < shapeTolerance;

const rounded = (mm: number | null): string => (mm === null ? '' : String(Math.round(100 * mm) / 100));

function keyOf(photo: GroupPhoto, { video, intrinsics }: GroupOptions): string {
  if (intrinsics && sameShape(photo, intrinsics)) return 'given';
  if (video) return sizeText(photo);
  const { make, model, lens, serial, focalLengthMm, focal35Mm } = photo.exif;
  return JSON.stringify([make, model, lens, serial, rounded(focalLengthMm), rounded(focal35Mm), sizeText(photo)]);
}

/** Makers often repeat themselves in the model's name. */
function cameraName({ make, model }: PhotoExif): string {
  if (!make || !model) return model ?? make ?? 'Unknown camera';
  return model.toLowerCase().startsWith(make.toLowerCase().split(' ')[0]) ? model : `${make} ${model}`;
}

function groupName(photo: GroupPhoto, video: boolean): string {
  if (video) return `Video ${sizeText(photo)}`;
  const { focalLengthMm } = photo.exif;
  const parts = [cameraName(photo.exif), ...(focalLengthMm === null ? [] : [`${rounded(focalLengthMm)} mm`]), sizeText(photo)];
  return parts.join(', ');
}

function priorOf(photo: GroupPhoto, { intrinsics }: GroupOptions): Pick<CameraGroup, 'focalRatio' | 'focalFrom'> {
  if (intrinsics && sameShape(photo, intrinsics)) return { focalRatio: intrinsics.fx / longerSide(intrinsics), focalFrom: 'given' };
  const focal = focalPxOf(photo.exif, photo.widthPx, photo.heightPx);
  return focal ? { focalRatio: focal.f / longerSide(photo), focalFrom: focal.from } : { focalRatio: null, focalFrom: 'guess' };
}

/** Two cameras alike but for what the name does not say get a number behind it. */
function distinct(name: string, groups: CameraGroup[]): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name} (${n})`;
    if (!groups.some((group) => group.name === candidate)) return candidate;
  }
}

/** Groups photos by maker, model, lens, body, zoom and size; frames of a video by size alone; those of known intrinsics by their shape. */
export function groupCameras(photos: GroupPhoto[], options: GroupOptions): CameraGroups {
  const groups: CameraGroup[] = [];
  const indexOf = new Map<string, number>();
  const groupOf = Int32Array.from(photos, (photo, i) => {
    const key = keyOf(photo, options);
    const known = indexOf.get(key);
    if (known !== undefined) {
      groups[known].members.push(i);
      return known;
    }
    indexOf.set(key, groups.length);
    groups.push({ name: distinct(groupName(photo, options.video), groups), members: [i], ...priorOf(photo, options) });
    return groups.length - 1;
  });
  return { groups, groupOf };
}
