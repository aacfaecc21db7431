/**
 * The camera of <splat-viewer>: a goal that people and the page move, and the shown state that glides after it, after <model-viewer>'s
 * semantics. Gestures, keys, wheel and the timer of auto-rotate live beside this file; here they meet the limits and the glide.
 * Invariant: the goal lies inside the limits at any time; after dispose() nothing is listened to and no timer runs. tick() is false
 * when nothing will move without somebody asking for it, so that no frames are drawn at rest.
 */
import { createAutoRotate } from './autoRotate.ts';
import type { CameraLimits, CameraMode, CameraState } from './cameraState.ts';
import { createGlide } from './glide.ts';
import { type Keys, listenToKeys } from './keys.ts';
import { clampState } from './limits.ts';
import { type FlyMotion, flown, panned, turned, zoomed } from './moves.ts';
import { type TouchAction, listenToPointers } from './pointers.ts';
import { listenToWheel } from './wheel.ts';

export interface CameraSettings {
  mode: CameraMode;
  /** camera-controls: whether people may move the camera. */
  enabled: boolean;
  limits: CameraLimits;
  disableZoom: boolean;
  disablePan: boolean;
  /** Not looked at here: taps are always reported, and who receives them decides. */
  disableTap: boolean;
  touchAction: TouchAction;
  autoRotate: boolean;
  autoRotateDelayMs: number;
  /** Radians. The scene turns counter-clockwise seen from above, as <model-viewer>'s turntable. */
  rotationPerSecond: number;
  interpolationDecayMs: number;
  orbitSensitivity: number;
  zoomSensitivity: number;
  panSensitivity: number;
}

export type ChangeSource = 'user-interaction' | 'none';

export interface CameraHooks {
  /** Ask for a frame. */
  invalidate(): void;
  /** The shown state changed, in tick() or by a jump. */
  onchange(source: ChangeSource): void;
  /** A tap or click; the second of two is double. */
  ontap?(clientX: number, clientY: number, double: boolean): void;
  /** Home or 0: what takes the camera back. Without it the goal becomes the state of the start. */
  onreset?(): void;
  reducedMotion(): boolean;
}

export interface CameraController {
  /** Shown now. A new object after every change; never written to. */
  readonly state: CameraState;
  /** Where it is heading. */
  readonly goal: CameraState;
  readonly settings: CameraSettings;
  setSettings(changes: Partial<CameraSettings>): void;
  /** Clamped to the limits; numbers that are not finite are ignored. `by` tells whether a person asked for it (a tap, a button). */
  setGoal(changes: Partial<CameraState>, how?: 'glide' | 'jump', by?: ChangeSource): void;
  /** Advances by a time; true while the camera moves or will move by itself. */
  tick(dtMs: number): boolean;
  /** Whether somebody has moved the camera; may be set back. */
  userHasMoved: boolean;
  dispose(): void;
}

/** A drag over the whole height turns the scene once around, as in <model-viewer>; in fly mode the gaze turns half of that. */
const turnPerHeight: Record<CameraMode, number> = { orbit: 2 * Math.PI, fly: Math.PI };
const keyTurn = Math.PI / 8;
const keyPanPx = 40;
/** Longest step that held keys and auto-rotate take in one tick, so that a pause of the page is no leap. */
const longestStepMs = 100;
const glanceMs = 50;

/** Listens on `surface` until disposed. The surface should take the focus (tabindex) and select no text. */
export function createCameraController(
  surface: HTMLElement,
  hooks: CameraHooks,
  firstSettings: CameraSettings,
  start: CameraState,
): CameraController {
  let settings = { ...firstSettings };
  let goal = clampState(start, start, settings.limits);
  let source: ChangeSource = 'none';
  let userHasMoved = false;
  let rotationSign = 1;
  let isPressed = false;
  const glide = createGlide(goal);
  const rotate = createAutoRotate(() => hooks.invalidate());

  function aim(wish: CameraState, by: ChangeSource): void {
    goal = clampState(wish, goal, settings.limits);
    source = by;
    hooks.invalidate();
  }

  function act(wish: CameraState): void {
    userHasMoved = true;
    rotate.touched();
    aim(wish, 'user-interaction');
  }

  const turnPx = (dx: number, dy: number): void => {
    const perPx = (turnPerHeight[settings.mode] / Math.max(surface.clientHeight, 1)) * settings.orbitSensitivity;
    act(turned(goal, -dx * perPx, -dy * perPx, settings.mode, settings.limits));
  };
  const panPx = (dx: number, dy: number): void => {
    if (settings.disablePan) return;
    const shorter = Math.min(surface.clientWidth, surface.clientHeight);
    act(panned(goal, dx * settings.panSensitivity, dy * settings.panSensitivity, shorter));
  };
  const zoom = (factor: number): void => {
    if (!settings.disableZoom) act(zoomed(goal, factor ** settings.zoomSensitivity, settings.mode, settings.limits));
  };
  const reset = (): void => {
    if (!hooks.onreset) act(start);
    else {
      act(goal);
      hooks.onreset();
    }
  };
  const fly = (motion: FlyMotion, ms: number): void => act(flown(goal, motion, ms / 1000, settings.limits));
  const turnByKey = (right: number, down: number): void => {
    const angle = keyTurn * settings.orbitSensitivity;
    act(turned(goal, -right * angle, -down * angle, settings.mode, settings.limits));
  };

  const stopPointers = listenToPointers(surface, () => settings, {
    turn: turnPx,
    pan: panPx,
    zoom,
    tap: (x, y, double) => hooks.ontap?.(x, y, double),
    pressed(down) {
      isPressed = down;
      rotate.hold(down);
      showTouchAction();
    },
  });
  const stopWheel = listenToWheel(surface, () => settings.enabled && !settings.disableZoom, zoom);
  const keyOptions = () => ({ ...settings, canZoom: !settings.disableZoom, canPan: !settings.disablePan });
  const keys: Keys = listenToKeys(surface, keyOptions, {
    turn: turnByKey,
    pan: (right, down) => panPx(right * keyPanPx, down * keyPanPx),
    zoom,
    reset,
    fly: (motion) => fly(motion, glanceMs),
  });

  /** What the browser may do with touches, and the pointer's shape. A viewer without pinch and pan leaves the pinch to the page. */
  function showTouchAction(): void {
    const { enabled, disablePan, disableZoom, touchAction } = settings;
    const own = disablePan && disableZoom ? `${touchAction === 'none' ? '' : touchAction} pinch-zoom`.trim() : touchAction;
    surface.style.touchAction = enabled ? own : '';
    surface.style.cursor = enabled ? (isPressed ? 'grabbing' : 'grab') : '';
  }

  const rotates = (): boolean => settings.autoRotate && settings.mode === 'orbit' && rotate.isTurning && !hooks.reducedMotion();

  /** Goal and shown state turn together, without a glide; at a limit of theta the direction turns round. */
  function rotateBy(ms: number): void {
    const wish = (-rotationSign * settings.rotationPerSecond * ms) / 1000;
    const before = goal.theta;
    goal = clampState({ ...goal, theta: before + wish }, goal, settings.limits);
    const done = goal.theta - before;
    glide.turn(done);
    if (Math.abs(done) < Math.abs(wish) / 2) rotationSign = -rotationSign;
  }

  function adopt(changes: Partial<CameraSettings>): void {
    settings = { ...settings, ...changes };
    if (changes.mode !== undefined || changes.enabled === false) keys.release();
    rotate.configure(settings.autoRotate, settings.autoRotateDelayMs);
    showTouchAction();
  }
  adopt({});

  function tick(dtMs: number): boolean {
    const dt = dtMs > 0 && Number.isFinite(dtMs) ? dtMs : 0;
    const step = Math.min(dt, longestStepMs);
    const before = glide.state;
    const motion = settings.mode === 'fly' && settings.enabled ? keys.held() : null;
    if (motion) fly(motion, step);
    const turns = rotates();
    if (turns) rotateBy(step);
    const moves = glide.advance(goal, settings.mode, dt, hooks.reducedMotion() ? 0 : settings.interpolationDecayMs);
    if (glide.state !== before) hooks.onchange(source);
    // What moves after this glide (auto-rotate) is nobody's doing.
    if (!moves) source = 'none';
    return moves || turns || motion !== null;
  }

  return {
    get state() {
      return glide.state;
    },
    get goal() {
      return goal;
    },
    get settings() {
      return settings;
    },
    get userHasMoved() {
      return userHasMoved;
    },
    set userHasMoved(value) {
      userHasMoved = value;
    },
    setSettings(changes) {
      adopt(changes);
      if (changes.limits) aim(goal, source);
      else hooks.invalidate();
    },
    setGoal(changes, how = 'glide', by = 'none') {
      const wish = { ...goal, ...changes };
      if (by === 'none') aim(wish, by);
      else act(wish);
      if (how !== 'jump') return;
      glide.jump(goal);
      source = 'none';
      hooks.onchange(by);
    },
    tick,
    dispose() {
      stopPointers();
      stopWheel();
      keys.stop();
      keys.release();
      rotate.dispose();
      surface.style.touchAction = '';
      surface.style.cursor = '';
    },
  };
}
