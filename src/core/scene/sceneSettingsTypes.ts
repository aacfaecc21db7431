/**
 * The shape of scene settings in memory. In the file angles are called `fov` and `orientation`; here their unit is in the name.
 * Invariant: every field is there; null stands for "the viewer decides".
 */
import type { SplatFormat } from '../formats/splatStream.ts';

/** The version this code writes. A reader of an older one migrates: see sceneSettingsMigrate.ts. */
export const currentVersion = 1;

export type Triple = [number, number, number];

export interface SceneCamera {
  position: Triple;
  target: Triple;
  /** Field of view of the canvas's shorter side; null for the viewer's own. */
  fovDeg: number | null;
}

export interface SceneHotspot {
  /** Letters, digits, - and _; names the slot `hotspot-<id>`. */
  id: string;
  position: Triple;
  /** Which way it faces; null where it is seen from every side. */
  normal: Triple | null;
  title: string;
  text: string;
  /** Where to look from when it is visited; null leaves the camera. */
  camera: SceneCamera | null;
}

/** One file of the scene; all files of a scene show the same thing in different detail. */
export interface SceneFile {
  /** Relative to scene.json, or http(s). */
  url: string;
  splats: number | null;
  bytes: number | null;
  format: SplatFormat | null;
}

export interface SceneSettings {
  version: typeof currentVersion;
  title: string | null;
  /** Whom to name and how, plain text. */
  attribution: string | null;
  poster: string | null;
  /** Smallest first. */
  files: SceneFile[];
  /** Roll, pitch, yaw, as the element's `orientation`. */
  orientationDeg: Triple;
  camera: SceneCamera | null;
  /** Splats with their mean outside are not drawn. */
  crop: { low: Triple; high: Triple } | null;
  /** Red, green, blue, alpha, 0..1, as shown on the screen (sRGB). */
  background: [number, number, number, number] | null;
  /** Factor on the colours. */
  exposure: number;
  hotspots: SceneHotspot[];
}

/** Settings that leave everything to the viewer. */
export const emptySceneSettings = (): SceneSettings => ({
  version: currentVersion,
  title: null,
  attribution: null,
  poster: null,
  files: [],
  orientationDeg: [0, 0, 0],
  camera: null,
  crop: null,
  background: null,
  exposure: 1,
  hotspots: [],
});
