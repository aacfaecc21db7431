/**
 * A WebXR session: asks for it, draws the scene into it frame by frame, and lets the person turn and walk with controllers.
 * Invariant: when the session ends, however it does, its renderer is disposed and nothing is asked of it any more; enterXr() itself never
 * throws. What the page shows is not touched.
 */
import { type Failure, type Result, fail, ok } from '../../core/job/failure.ts';
import type { Quaternion, Vector3 } from '../../core/math/rotation.ts';
import type { SplatRenderer, ViewFrame } from '../../core/view/splatRenderer.ts';
import type { CameraState } from '../camera/cameraState.ts';
import { squeezeTurn, steer, stickOf } from './locomotion.ts';
import { type Placement, headingOf, placeAhead, positionIn, turnViewer, walk, worldDirection, worldFromRoom } from './placement.ts';
import { viewFromXr } from './viewFromXr.ts';
import { openWebGlEyes } from './webglEyes.ts';
import type { XrFrame, XrInputEvent, XrMode, XrSession, XrSessionInit, XrSpace, XrSystem } from './webxrTypes.ts';
import type { XrDrawing } from './xrDrawing.ts';

/** What the scene looks like; `near` in world units, like everything here. */
export type XrLook = Omit<ViewFrame, 'view'> & { worldFromFile: Quaternion };

/** A ray in world space; `direction` has unit length. */
export interface XrRay {
  origin: Vector3;
  direction: Vector3;
}

export interface XrHooks {
  /** navigator.xr */
  xr: XrSystem;
  document: Document;
  /** Puts the scene into a renderer that is empty. It may take its time: what is there is shown. A failure ends the session. */
  fill(renderer: SplatRenderer): Promise<Result<unknown>>;
  /** Read for every picture. */
  look(): XrLook;
  /** Where the viewer stands at first: where this camera is, so that its target lies in front. */
  camera: Pick<CameraState, 'target' | 'theta' | 'phi' | 'radius'>;
  /** Size of the scene in the room; 1 when absent. */
  metresPerUnit?: number;
  /** Pixels a side, as a share of what the headset recommends; 1 when absent. Splats are dear where many overlap. */
  resolution?: number;
  /** Shown over the camera picture in AR, where the browser can (DOM Overlays); in the document. */
  overlay?: HTMLElement;
  /** A trigger was pulled or fingers pinched. */
  onselect?(ray: XrRay): void;
}

export interface XrRun {
  readonly mode: XrMode;
  readonly backend: SplatRenderer['backend'];
  /** How filling ended. */
  readonly filled: Promise<Result<unknown>>;
  end(): Promise<void>;
  /** The session is over and everything is given back. */
  readonly ended: Promise<void>;
}

interface Opened {
  session: XrSession;
  drawing: XrDrawing;
}

/** A headset that wakes up late does not fling the viewer. */
const longestStepMs = 100;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const close = (session: XrSession): Promise<void> => session.end().catch(() => undefined);

/** Asks for a session; `cancelled` when the person or a policy says no, `gpu-missing` when there is no such thing. */
async function ask({ xr, overlay }: XrHooks, mode: XrMode, requiredFeatures: string[]): Promise<Result<XrSession>> {
  const init: XrSessionInit = { requiredFeatures, optionalFeatures: ['local-floor'] };
  if (mode === 'immersive-ar' && overlay) {
    init.optionalFeatures?.push('dom-overlay');
    init.domOverlay = { root: overlay };
  }
  try {
    return ok(await xr.requestSession(mode, init));
  } catch (error) {
    const refused = error instanceof Error && ['NotAllowedError', 'SecurityError', 'AbortError', 'InvalidStateError'].includes(error.name);
    return fail(refused ? 'cancelled' : 'gpu-missing', `The browser starts no ${mode} session: ${textOf(error)}`);
  }
}

/** Null where WebGPU is not to be had for headsets. The device is opened first, so that nobody is asked twice. */
async function openWithGpu(hooks: XrHooks, mode: XrMode): Promise<Result<Opened> | null> {
  if (!('XRGPUBinding' in globalThis)) return null;
  // Without the network there is still WebGL2.
  const eyes = await import('./gpuEyes.ts').catch(() => null);
  const gpu = await eyes?.openXrGpu(navigator.gpu);
  if (!eyes || !gpu?.ok) return null;
  const session = await ask(hooks, mode, ['webgpu']);
  const drawing = session.ok ? await eyes.openGpuEyes(session.value, gpu.value, hooks.resolution ?? 1) : session;
  if (session.ok && drawing.ok) return ok({ session: session.value, drawing: drawing.value });
  gpu.value.dispose();
  if (session.ok) await close(session.value);
  return !session.ok && session.failure.code === 'cancelled' ? session : null;
}

async function openWithWebGl(hooks: XrHooks, mode: XrMode): Promise<Result<Opened>> {
  const session = await ask(hooks, mode, []);
  if (!session.ok) return session;
  const drawing = await openWebGlEyes(session.value, hooks.document, hooks.resolution ?? 1);
  if (drawing.ok) return ok({ session: session.value, drawing: drawing.value });
  await close(session.value);
  return drawing;
}

/** On the floor where the headset knows it, else where the head was first. */
async function spaceOf(session: XrSession): Promise<Result<XrSpace>> {
  try {
    return ok(await session.requestReferenceSpace('local-floor').catch(() => session.requestReferenceSpace('local')));
  } catch (error) {
    return fail('gpu-missing', `The headset gives no place to stand on: ${textOf(error)}`);
  }
}

/** Where the viewer is and goes, and the pictures along the way. */
function runFrames(mode: XrMode, { session, drawing }: Opened, space: XrSpace, hooks: XrHooks): void {
  const seesRoom = mode === 'immersive-ar' || (session.environmentBlendMode ?? 'opaque') !== 'opaque';
  let placement: Placement | null = null;
  let squeezed = 0;
  let held = false;
  let lastMs: number | null = null;

  const steered = (before: Placement, head: ArrayLike<number>, dtS: number): Placement => {
    const step = steer(stickOf(session.inputSources), held, dtS);
    held = step.held;
    const turnedNow = step.turn + squeezed;
    squeezed = 0;
    const after = turnedNow === 0 ? before : turnViewer(before, positionIn(head), turnedNow);
    return step.ahead === 0 ? after : walk(after, headingOf(head), step.ahead);
  };

  const onFrame = (timeMs: number, frame: XrFrame): void => {
    session.requestAnimationFrame(onFrame);
    const pose = frame.getViewerPose(space);
    const dtMs = lastMs === null ? 0 : Math.min(Math.max(0, timeMs - lastMs), longestStepMs);
    lastMs = timeMs;
    if (!pose) return;
    const head = pose.transform.matrix;
    const now = steered(placement ?? placeAhead(hooks.camera, head, hooks.metresPerUnit ?? 1), head, dtMs / 1000);
    placement = now;
    const { worldFromFile, background, ...look } = hooks.look();
    const behind: ViewFrame['background'] = seesRoom ? [0, 0, 0, 0] : background;
    drawing.draw(pose.views, ({ projectionMatrix, transform }, size) => ({
      ...look,
      background: behind,
      view: viewFromXr(projectionMatrix, transform.matrix, size, worldFromFile, now),
    }));
  };

  session.addEventListener('squeezestart', (event) => (squeezed += squeezeTurn((event as XrInputEvent).inputSource.handedness)));
  session.addEventListener('select', (event) => {
    const { frame, inputSource } = event as XrInputEvent;
    const m = frame.getPose(inputSource.targetRaySpace, space)?.transform.matrix;
    if (!m || !placement) return;
    hooks.onselect?.({ origin: worldFromRoom(placement, positionIn(m)), direction: worldDirection(placement, [-m[8], -m[9], -m[10]]) });
  });
  // The person set the headset's front anew: the scene goes there.
  space.addEventListener('reset', () => (placement = null));
  session.requestAnimationFrame(onFrame);
}

/**
 * Starts a session and draws the scene into it until it ends. To be called from a click: browsers start no session without one. Refusals
 * and everything that is missing are failures; a session that was started already is ended then.
 */
export async function enterXr(mode: XrMode, hooks: XrHooks): Promise<Result<XrRun>> {
  const opened = (await openWithGpu(hooks, mode)) ?? (await openWithWebGl(hooks, mode));
  if (!opened.ok) return opened;
  const { session, drawing } = opened.value;
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    session.addEventListener('end', () => {
      isOver = true;
      drawing.dispose();
      resolve();
    });
  });
  const giveUp = async (failure: Failure): Promise<Result<XrRun>> => {
    if (!isOver) drawing.dispose();
    await close(session);
    return { ok: false, failure };
  };
  const space = await spaceOf(session);
  if (!space.ok) return giveUp(space.failure);
  if (isOver) return fail('cancelled', 'The session was ended before it began.');

  const end = async (): Promise<void> => {
    if (isOver) return;
    await close(session);
    await ended;
  };
  runFrames(mode, opened.value, space.value, hooks);
  const filled = hooks.fill(drawing.renderer);
  void filled.then((result) => (result.ok ? undefined : end()));
  void drawing.renderer.lost.then(end);
  return ok({ mode, backend: drawing.renderer.backend, filled, end, ended });
}
