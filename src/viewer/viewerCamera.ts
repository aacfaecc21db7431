/**
 * The element's camera: its attributes turned into the controller's settings, limits and goal, and the framing of the scene.
 * Invariant: what an attribute cannot be read as is as if it said auto; before a scene is known the unit box stands for it.
 */
import { type Result } from '../core/job/failure.ts';
import { type Quaternion, type Vector3 } from '../core/math/rotation.ts';
import type { Box } from '../core/view/splatRenderer.ts';
import type { AttributeReader } from './attributeReader.ts';
import type { AttributeName } from './attributes.ts';
import { positionOf } from './camera/axes.ts';
import { type CameraController, type CameraSettings, createCameraController } from './camera/cameraController.ts';
import type { CameraState } from './camera/cameraState.ts';
import { frameBox } from './camera/framing.ts';
import { defaultFov, defaultLimits, defaultPhi, defaultTheta } from './camera/limits.ts';
import {
  followsScroll,
  formatOrbit,
  formatTarget,
  parseAngle,
  parseFov,
  parseLimits,
  parseOrbit,
  parseOrientation,
  parseTarget,
} from './camera/orbitGrammar.ts';
import { worldFromFileOf } from './camera/toView.ts';

type How = 'glide' | 'jump';
type ControllerHooks = Parameters<typeof createCameraController>[1];

/** Attributes that are read into the controller's settings. */
export const settingAttributes: ReadonlySet<AttributeName> = new Set([
  'mode',
  'camera-controls',
  'min-camera-orbit',
  'max-camera-orbit',
  'min-field-of-view',
  'max-field-of-view',
  'interpolation-decay',
  'orbit-sensitivity',
  'zoom-sensitivity',
  'pan-sensitivity',
  'disable-zoom',
  'disable-pan',
  'disable-tap',
  'touch-action',
  'auto-rotate',
  'auto-rotate-delay',
  'rotation-per-second',
]);

/** Attributes that say where the camera goes. */
export const goalAttributes: ReadonlySet<AttributeName> = new Set(['camera-orbit', 'camera-target', 'field-of-view']);

const zoomStep = 1.15;

/** A place to look at from, as attribute texts. */
export interface ViewTexts {
  orbit?: string | undefined;
  target?: string | undefined;
  fov?: string | undefined;
}

export interface ViewerCamera {
  readonly controller: CameraController;
  readonly worldFromFile: Quaternion;
  /** World box that is framed. */
  readonly box: Box;
  /** Half its diagonal. */
  readonly sceneRadius: number;
  /** Reads settings, limits and orientation again. */
  refresh(): void;
  setBox(box_world: Box): void;
  /** Where the front of the scene is: the azimuth that auto stands for. */
  setFront(theta: number): void;
  /** Goes where the attributes say; `only` one of them. */
  aim(how: How, only?: AttributeName): void;
  /** Goes to a view; what it does not name stays. */
  visit(view: ViewTexts): void;
  /** Looks at a point, from its normal's side where there is one, from nearer than the whole scene. */
  lookAt(position: Vector3, normal: Vector3 | null): void;
  /** The whole scene from where the camera is. */
  frame(): void;
  /** Moves the target to a point. */
  centreOn(position: Vector3): void;
  /** Nearer by steps of a key. */
  zoom(steps: number): void;
  dispose(): void;
}

const orElse = <T>(result: Result<T>, fallback: T): T => (result.ok ? result.value : fallback);

export function createViewerCamera(
  surface: HTMLElement,
  read: AttributeReader,
  aspect: () => number,
  hooks: ControllerHooks,
): ViewerCamera {
  let box: Box = { low: [-0.5, -0.5, -0.5], high: [0.5, 0.5, 0.5] };
  let worldFromFile: Quaternion = [0, 0, 0, 1];
  let front = defaultTheta;

  const framing = () => ({ ...frameBox(box, orElse(parseFov(read('field-of-view'), defaultFov), defaultFov), aspect()), theta: front });
  const scrolled = () => scrollY / Math.max(1, document.documentElement.scrollHeight - innerHeight);

  function settings(): CameraSettings {
    const { radius } = framing();
    const texts = {
      minCameraOrbit: read('min-camera-orbit'),
      maxCameraOrbit: read('max-camera-orbit'),
      minFieldOfView: read('min-field-of-view'),
      maxFieldOfView: read('max-field-of-view'),
    };
    const sixDegrees = Math.PI / 30;
    return {
      mode: read('mode'),
      enabled: read('camera-controls'),
      limits: parseLimits(texts, defaultLimits(radius), radius).limits,
      disableZoom: read('disable-zoom'),
      disablePan: read('disable-pan'),
      disableTap: read('disable-tap'),
      touchAction: read('touch-action'),
      autoRotate: read('auto-rotate'),
      autoRotateDelayMs: read('auto-rotate-delay'),
      rotationPerSecond: orElse(parseAngle(read('rotation-per-second'), sixDegrees), sixDegrees),
      interpolationDecayMs: read('interpolation-decay'),
      orbitSensitivity: read('orbit-sensitivity'),
      zoomSensitivity: read('zoom-sensitivity'),
      panSensitivity: read('pan-sensitivity'),
    };
  }

  const controller = createCameraController(surface, hooks, settings(), framing());

  /** State that texts name, in place of another's values. */
  function stateOf({ orbit, target, fov }: ViewTexts): Partial<CameraState> {
    const auto = framing();
    const base = { theta: front, phi: defaultPhi, radius: auto.radius, framedRadius: auto.radius };
    const y = scrolled();
    return {
      ...(orbit !== undefined && orElse(parseOrbit(orbit, base, y), base)),
      ...(target !== undefined && { target: orElse(parseTarget(target, auto.target, y), auto.target) }),
      ...(fov !== undefined && { fov: orElse(parseFov(fov, defaultFov, y), defaultFov) }),
    };
  }

  function aim(how: How, only?: AttributeName): void {
    const wanted = (name: AttributeName) => only === undefined || only === name;
    const view: ViewTexts = {};
    if (wanted('camera-orbit')) view.orbit = read('camera-orbit');
    if (wanted('camera-target')) view.target = read('camera-target');
    if (wanted('field-of-view')) view.fov = read('field-of-view');
    const { theta, phi, radius, target, fov } = stateOf(view);
    controller.setGoal(
      {
        ...(theta !== undefined && { theta }),
        ...(phi !== undefined && { phi }),
        ...(radius !== undefined && { radius }),
        ...(target && { target }),
        ...(fov !== undefined && { fov }),
      },
      how,
    );
  }

  /** The camera is no longer where the attributes say, so it does not follow the size of the element. */
  const setGoal = (goal: Partial<CameraState>) => {
    controller.userHasMoved = true;
    controller.setGoal(goal, 'glide');
  };

  const onScroll = () => {
    for (const name of ['camera-orbit', 'camera-target', 'field-of-view'] as const) if (followsScroll(read(name))) aim('glide', name);
  };
  addEventListener('scroll', onScroll, { passive: true });

  const refresh = () => {
    worldFromFile = worldFromFileOf(orElse(parseOrientation(read('orientation')), [1, 0, 0, 0]));
    controller.setSettings(settings());
    hooks.invalidate();
  };
  refresh();

  return {
    controller,
    get worldFromFile() {
      return worldFromFile;
    },
    get box() {
      return box;
    },
    get sceneRadius() {
      return Math.hypot(...box.high.map((high, k) => high - box.low[k])) / 2;
    },
    refresh,
    setFront(theta) {
      front = theta;
    },
    setBox(next) {
      box = next;
      controller.setSettings(settings());
    },
    aim,
    visit: (view) => setGoal(stateOf(view)),
    lookAt(position, normal) {
      const from = positionOf(controller.goal);
      const direction = normal ?? [from[0] - position[0], from[1] - position[1], from[2] - position[2]];
      const length = Math.hypot(...direction);
      const radius = Math.min(controller.goal.radius, 0.6 * framing().radius);
      const angles =
        length > 0
          ? { theta: Math.atan2(direction[0], direction[2]), phi: Math.acos(Math.max(-1, Math.min(1, direction[1] / length))) }
          : {};
      setGoal({ target: position, radius, ...angles });
    },
    frame() {
      const { target, radius } = frameBox(box, controller.goal.fov, aspect());
      setGoal({ target, radius });
    },
    centreOn: (position) => setGoal({ target: position }),
    zoom(steps) {
      setGoal({ radius: controller.goal.radius / zoomStep ** steps });
    },
    dispose() {
      removeEventListener('scroll', onScroll);
      controller.dispose();
    },
  };
}

/** Camera values as <model-viewer> gives them: numbers, and toString() for the attribute. */
export interface Orbit {
  theta: number;
  phi: number;
  radius: number;
  toString(): string;
}
export interface Point {
  x: number;
  y: number;
  z: number;
  toString(): string;
}

export const orbitOf = ({ theta, phi, radius }: CameraState): Orbit => ({
  theta,
  phi,
  radius,
  toString: () => formatOrbit({ theta, phi, radius }),
});
export const pointOfTriple = ([x, y, z]: Vector3): Point => ({ x, y, z, toString: () => formatTarget([x, y, z]) });
