/**
 * A turntable video as numbers: how many frames, how large, and where the camera stands for each.
 * Invariant: the last frame stands one step before the first, so that the video runs on without a jump; sides are even, as encoders ask.
 */
export const turntableSizes = {
  '720p': { widthPx: 1280, heightPx: 720 },
  '1080p': { widthPx: 1920, heightPx: 1080 },
  square: { widthPx: 1080, heightPx: 1080 },
} as const;
export type TurntableSize = keyof typeof turntableSizes;

export const turntableSeconds = { least: 4, most: 20, usual: 8 } as const;

export interface TurntableOptions {
  seconds: number;
  fps: number;
  widthPx: number;
  heightPx: number;
  /** 1 turns the camera to the right of what it sees, the scene to the left. */
  direction: 1 | -1;
}

export const frameCount = ({ seconds, fps }: Pick<TurntableOptions, 'seconds' | 'fps'>): number => Math.max(1, Math.round(seconds * fps));

/** Azimuth of the camera in a frame, radians, for one whole turn from where it is. */
export const thetaOf = (
  frame: number,
  from: number,
  { direction, ...length }: Pick<TurntableOptions, 'seconds' | 'fps' | 'direction'>,
): number => from + (direction * 2 * Math.PI * frame) / frameCount(length);

/** Bits a second that keep fine detail of splats: 0.15 bits a pixel of every frame. */
export const bitsPerSecond = ({ widthPx, heightPx, fps }: TurntableOptions): number =>
  Math.round(Math.max(1e6, 0.15 * widthPx * heightPx * fps));
