/**
 * Camera: how rays of one device map to pixels. All lengths are pixels at the photo's own size, with pixel centres at +0.5
 * (COLMAP's convention). Every lens we support is a pinhole with OpenCV's k1, k2, p1, p2 distortion.
 */
export type CameraModel = 'SIMPLE_PINHOLE' | 'PINHOLE' | 'SIMPLE_RADIAL' | 'RADIAL' | 'OPENCV';

export interface Camera {
  id: number;
  model: CameraModel;
  widthPx: number;
  heightPx: number;
  fx: number;
  fy: number;
  cx: number;
  cy: number;
  k1: number;
  k2: number;
  p1: number;
  p2: number;
}

/** World-to-camera pose with OpenCV axes (x right, y down, z forward): X_cam = R(q) X_world + t. */
export interface Pose {
  /** Unit quaternion, wxyz. */
  q: [number, number, number, number];
  t: [number, number, number];
}

/** One photo placed in the world. */
export interface View {
  photoName: string;
  cameraId: number;
  pose: Pose;
}

/** A pinhole view at rendering size; what the rasterizer needs. Pixels, pixel centres at +0.5. */
export interface PinholeView {
  widthPx: number;
  heightPx: number;
  fx: number;
  fy: number;
  cx: number;
  cy: number;
  pose: Pose;
}
