/**
 * Where the viewer starts for a trained scene: upright, at the camera the training preview started from. In the element's attributes.
 * Invariant: the texts are ones the element reads; a direction that says nothing leaves the scene as the file has it.
 */
import type { PreviewScene } from '../../../../workers/protocol.ts';
import { cameraCentre } from '../../../core/math/pose.ts';
import type { Vector3 } from '../../../core/math/rotation.ts';
import type { ProjectStart } from '../../../core/project/project.ts';
import { orbitFrom, orbitPose } from '../train/orbit.ts';

export type StartCamera = ProjectStart;

/** Radians about z and x. */
interface Tilt {
  roll: number;
  pitch: number;
}

const degrees = (radians: number): string => `${Number(((radians * 180) / Math.PI).toFixed(4)) || 0}deg`;
const metres = (length: number): string => `${Number(length.toPrecision(7))}m`;

/** The viewer shows files turned by half a turn about z: they have y down, its world has y up. */
const halfTurned = ([x, y, z]: Vector3): Vector3 => [-x, -y, z];

function tiltFor(up: Vector3): Tilt {
  const length = Math.hypot(...up);
  if (!(length > 0 && Number.isFinite(length))) return { roll: 0, pitch: 0 };
  const [x, y, z] = halfTurned(up);
  // First about z until x is gone and y is not negative, then about x until z is gone.
  return { roll: Math.atan2(x, y), pitch: Math.atan2(-z, Math.hypot(x, y)) };
}

/** A point of the file in the viewer's world. */
function inWorld(point: Vector3, { roll, pitch }: Tilt): Vector3 {
  const [x, y, z] = halfTurned(point);
  const across = x * Math.cos(roll) - y * Math.sin(roll);
  const along = x * Math.sin(roll) + y * Math.cos(roll);
  return [across, along * Math.cos(pitch) - z * Math.sin(pitch), along * Math.sin(pitch) + z * Math.cos(pitch)];
}

const orientationText = ({ roll, pitch }: Tilt): string => `${degrees(roll)} ${degrees(pitch)} 0deg`;

/** The orientation attribute that shows a file upright whose up direction is `up` (file space, any length). Nothing is to do for (0, -1, 0). */
export const orientationFor = (up: Vector3): string => orientationText(tiltFor(up));

/** The attributes that show a trained scene as its preview started: level, from where the start photo was taken. */
export function startCamera({ startView, focusPoint, up }: Pick<PreviewScene, 'startView' | 'focusPoint' | 'up'>): StartCamera {
  const tilt = tiltFor(up);
  const orbit = orbitFrom(startView, focusPoint, up);
  const target = inWorld(orbit.target, tilt);
  const position = inWorld(cameraCentre(orbitPose(orbit)), tilt);
  const [dx, dy, dz] = [0, 1, 2].map((k) => position[k] - target[k]);
  const radius = Math.hypot(dx, dy, dz);
  return {
    orientation: orientationText(tilt),
    orbit: `${degrees(Math.atan2(dx, dz))} ${degrees(Math.acos(Math.min(1, Math.max(-1, dy / radius))))} ${metres(radius)}`,
    target: target.map(metres).join(' '),
    lens: startView,
  };
}

/** The field-of-view attribute, of the stage's shorter side, that shows all of what the lens shows. */
export function fieldOfView({ widthPx, heightPx, fx }: StartCamera['lens'], stageWidth: number, stageHeight: number): string {
  const focal = fx * Math.min(stageWidth / widthPx, stageHeight / heightPx);
  const shorter = Math.min(stageWidth, stageHeight);
  return shorter > 0 ? degrees(2 * Math.atan(shorter / 2 / focal)) : 'auto';
}
