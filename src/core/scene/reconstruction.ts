/** Reconstruction: cameras, placed views and sparse points; the same content as a COLMAP sparse model. Scale is free. */
import type { Camera, View } from './camera.ts';

export interface SparsePoints {
  count: number;
  /** [count, 3], world units. */
  xyz: Float64Array;
  /** [count, 3], 0..255 sRGB. */
  rgb: Uint8Array;
  /** [count], mean reprojection error in pixels; 0 where unknown. */
  error: Float32Array;
  /** [count], number of views that see the point; 0 where unknown. */
  trackLength: Uint32Array;
}

export interface Reconstruction {
  cameras: Camera[];
  /** In name order (plain code-unit comparison), which is the order every hold-out rule refers to. */
  views: View[];
  points: SparsePoints;
}
