/**
 * Scene view: what is drawn now, and what lies under a point of it. The shown camera is the controller's, with the prompt's sway.
 * Invariant: nothing is drawn before the box of the scene is known, so the camera is never without a scale.
 */
import type { Quaternion } from '../core/math/rotation.ts';
import type { PinholeView } from '../core/scene/camera.ts';
import type { Box, ViewFrame } from '../core/view/splatRenderer.ts';
import type { AttributeReader } from './attributeReader.ts';
import type { AttributeName } from './attributes.ts';
import type { CameraState } from './camera/cameraState.ts';
import { viewOf, worldFromFileBox } from './camera/toView.ts';
import type { InteractionPrompt } from './interactionPrompt.ts';
import type { LookReader } from './look.ts';
import { pickAt } from './picking.ts';
import type { Stage } from './stage.ts';
import type { ViewerCamera } from './viewerCamera.ts';
import type { Pick } from './viewerEvents.ts';

export interface SceneView {
  /** World box of the scene; null before one is known. */
  readonly box: Box | null;
  /** The camera that is shown now. */
  readonly state: CameraState;
  /** A camera of lookThrough() is shown, not the one that orbits. */
  readonly looksThrough: boolean;
  /** A new file box, or null while the next scene is on its way; `aim` brings the camera where the attributes say. */
  setBox(box_file: Box | null, aim: boolean): void;
  /** The orientation changed. */
  turned(): void;
  tick(dtMs: number): boolean;
  frame(widthPx: number, heightPx: number): ViewFrame | null;
  /** What pictures look like beside the camera, for a renderer of its own. */
  look(): Omit<ViewFrame, 'view'> & { worldFromFile: Quaternion };
  /** Shows exactly this camera, given in file space, letterboxed into the canvas; null goes back to the camera that orbits. */
  lookThrough(view: PinholeView | null): void;
  pick(clientX: number, clientY: number): Promise<Pick | null>;
}

export interface SceneViewParts {
  surface: HTMLElement;
  stage(): Stage;
  probe: Stage['probe'];
  camera(): ViewerCamera;
  prompt: InteractionPrompt;
  look: LookReader;
  shDegree(): number;
}

/** Nearest depth drawn: a hundredth of the scene's width, less where the camera is closer. */
const nearOf = (sceneRadius: number, radius: number): number => Math.max(1e-6, Math.min(0.02 * sceneRadius, 0.1 * radius));

/** The view enlarged to the largest centred rectangle of its shape, with what lies around it drawn as the lens goes on. */
export function letterboxed(view: PinholeView, widthPx: number, heightPx: number): PinholeView {
  const s = Math.min(widthPx / view.widthPx, heightPx / view.heightPx);
  const [left, top] = [(widthPx - s * view.widthPx) / 2, (heightPx - s * view.heightPx) / 2];
  return { widthPx, heightPx, fx: s * view.fx, fy: s * view.fy, cx: s * view.cx + left, cy: s * view.cy + top, pose: view.pose };
}

const movesCamera: ReadonlySet<AttributeName> = new Set(['camera-controls', 'auto-rotate']);

/** A reader that says while `isStill` that neither people nor a turntable move the camera. */
export function stillReader(read: AttributeReader, isStill: () => boolean): AttributeReader {
  return ((name: AttributeName) => (isStill() && movesCamera.has(name) ? false : read(name))) as AttributeReader;
}

export function createSceneView({ surface, stage, probe, camera, prompt, look, shDegree }: SceneViewParts): SceneView {
  let fileBox: Box | null = null;
  let shownAspect = 0;
  let through: PinholeView | null = null;

  function shown(): CameraState {
    const { state } = camera().controller;
    return prompt.offset === 0 ? state : { ...state, theta: state.theta + prompt.offset };
  }

  /** While nobody has moved the camera the whole scene stays in sight when the element changes its shape. */
  function followShape(): void {
    const { widthPx, heightPx } = stage();
    const aspect = widthPx / heightPx;
    const { controller, refresh, aim } = camera();
    if (aspect !== shownAspect && fileBox && !controller.userHasMoved) {
      refresh();
      aim('jump');
    }
    shownAspect = aspect;
  }

  function setBox(box: Box | null, aim: boolean): void {
    fileBox = box;
    if (!box) return;
    camera().setBox(worldFromFileBox(box, camera().worldFromFile));
    if (aim) camera().aim('jump');
  }

  function lookNow() {
    const { worldFromFile, sceneRadius } = camera();
    return {
      worldFromFile,
      near: nearOf(sceneRadius, through ? 0.02 * sceneRadius : shown().radius),
      shDegree: shDegree(),
      ...look.read(worldFromFile),
    };
  }

  return {
    get box() {
      return fileBox && camera().box;
    },
    get state() {
      return shown();
    },
    get looksThrough() {
      return through !== null;
    },
    setBox,
    turned: () => setBox(fileBox, !camera().controller.userHasMoved),
    tick(dtMs) {
      followShape();
      const sways = prompt.tick(dtMs);
      return camera().controller.tick(dtMs) || sways;
    },
    frame(widthPx, heightPx) {
      if (!fileBox) return null;
      const { worldFromFile, ...rest } = lookNow();
      const view = through ? letterboxed(through, widthPx, heightPx) : viewOf(shown(), widthPx, heightPx, worldFromFile);
      return { view, ...rest };
    },
    look: lookNow,
    lookThrough(view) {
      through = view;
      stage().invalidate();
    },
    async pick(clientX, clientY) {
      const { left, top, width, height } = surface.getBoundingClientRect();
      const { widthPx, heightPx } = stage();
      // Points are told in terms of the orbiting camera.
      if (!fileBox || through) return null;
      const at = { state: shown(), widthPx, heightPx, probe };
      return pickAt(at, ((clientX - left) * widthPx) / width, ((clientY - top) * heightPx) / height);
    },
  };
}
