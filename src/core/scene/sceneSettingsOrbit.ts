/**
 * A scene's camera in the viewer's terms: an orbit about the target, as in <model-viewer>.
 * position = target + radius * (sin(phi) sin(theta), cos(phi), sin(phi) cos(theta)).
 * Invariant: orbitOf(cameraOf(orbit)) is the orbit, as long as phi lies strictly between 0 and pi.
 */
import type { SceneCamera, Triple } from './sceneSettingsTypes.ts';

/** Radians and world units. */
export interface SceneOrbit {
  target: Triple;
  theta: number;
  phi: number;
  radius: number;
  /** Of the shorter side; null for the viewer's own. */
  fov: number | null;
}

/** Closer to the pole than this the azimuth means nothing. */
const fromPole = 1e-3;

export function orbitOf({ position, target, fovDeg }: SceneCamera): SceneOrbit {
  const [x, y, z] = position.map((coordinate, axis) => coordinate - target[axis]);
  const radius = Math.hypot(x, y, z);
  const phi = Math.min(Math.max(Math.atan2(Math.hypot(x, z), y), fromPole), Math.PI - fromPole);
  return { target: [...target], theta: Math.atan2(x, z), phi, radius, fov: fovDeg === null ? null : (fovDeg * Math.PI) / 180 };
}

export function cameraOf({ target, theta, phi, radius, fov }: SceneOrbit): SceneCamera {
  const position: Triple = [
    target[0] + radius * Math.sin(phi) * Math.sin(theta),
    target[1] + radius * Math.cos(phi),
    target[2] + radius * Math.sin(phi) * Math.cos(theta),
  ];
  return { position, target: [...target], fovDeg: fov === null ? null : (fov * 180) / Math.PI };
}
