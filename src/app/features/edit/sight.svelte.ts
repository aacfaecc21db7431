/**
 * What the viewer shows now, for what is drawn over it and for what is pointed at; and sending its camera to a place.
 * Invariant: `view` is the one on the screen, to within a frame, while somebody follows it; points handed out are in file space.
 */
import type { Vector3 } from '../../../core/math/rotation.ts';
import type { PinholeView } from '../../../core/scene/camera.ts';
import type { SplatViewerElement } from '../../../viewer/index.ts';
import { formatOrbit, formatTarget } from '../../../viewer/camera/orbitGrammar.ts';
import { type Standing, type ViewTexts, fileOfWorld, worldOfFile } from './placement.ts';

export interface PickedPoint {
  position: Vector3;
  normal: Vector3 | null;
}

export interface SightParts {
  viewer(): SplatViewerElement | null;
  standing(): Standing;
  aim(to: ViewTexts | null): Promise<void>;
}

/** How near the camera comes to a place it is sent to, as a share of how near it was. */
const nearer = 0.6;

const sameView = (a: PinholeView | null, b: PinholeView | null): boolean =>
  a === b ||
  (a !== null &&
    b !== null &&
    a.fx === b.fx &&
    a.widthPx === b.widthPx &&
    a.heightPx === b.heightPx &&
    a.pose.q.every((x, k) => x === b.pose.q[k]) &&
    a.pose.t.every((x, k) => x === b.pose.t[k]));

export class Sight {
  view = $state.raw<PinholeView | null>(null);
  readonly #parts: SightParts;

  constructor(parts: SightParts) {
    this.#parts = parts;
  }

  get standing(): Standing {
    return this.#parts.standing();
  }

  /** Keeps `view` up with the screen until the returned function is called. */
  follow(): () => void {
    let frame = 0;
    const look = (): void => {
      const now = this.#parts.viewer()?.shownView() ?? null;
      if (!sameView(now, this.view)) this.view = now;
      frame = requestAnimationFrame(look);
    };
    look();
    return () => cancelAnimationFrame(frame);
  }

  /** The view at this moment, followed or not. */
  now(): PinholeView | null {
    return this.#parts.viewer()?.shownView() ?? null;
  }

  /** A pick of the viewer in file space. */
  inFile({ position, normal }: PickedPoint): PickedPoint {
    const { standing } = this;
    return { position: fileOfWorld(standing, position), normal: normal && fileOfWorld(standing, normal) };
  }

  /** What lies in the middle of the picture: the alternative to tapping. Null where there is nothing. */
  async middle(): Promise<PickedPoint | null> {
    const viewer = this.#parts.viewer();
    if (!viewer) return null;
    const { left, top, width, height } = viewer.getBoundingClientRect();
    const hit = await viewer.pick(left + width / 2, top + height / 2);
    return hit && this.inFile(hit);
  }

  /** Where the camera is, in the viewer's attributes. */
  place(): ViewTexts | null {
    const viewer = this.#parts.viewer();
    const [orbit, target, fovDeg] = [viewer?.getCameraOrbit(), viewer?.getCameraTarget(), viewer?.getFieldOfView()];
    if (!orbit || !target || fovDeg === null || fovDeg === undefined) return null;
    return { orbit: orbit.toString(), target: target.toString(), fieldOfView: `${Number(fovDeg.toFixed(4))}deg` };
  }

  aim(to: ViewTexts | null): Promise<void> {
    return this.#parts.aim(to);
  }

  /** Looks at a point of the file from nearer by. */
  async goTo(point: Vector3 | null): Promise<void> {
    const [now, orbit] = [this.place(), this.#parts.viewer()?.getCameraOrbit()];
    if (!point || !now || !orbit) return;
    const { theta, phi, radius } = orbit;
    await this.aim({
      ...now,
      orbit: formatOrbit({ theta, phi, radius: nearer * radius }),
      target: formatTarget(worldOfFile(this.standing, point)),
    });
  }

  /** After the scene was turned: looks at the same point of it as before, from the same side. */
  async keepTarget(before: Standing): Promise<void> {
    const [now, target] = [this.place(), this.#parts.viewer()?.getCameraTarget()];
    if (!now || !target) return;
    const point = fileOfWorld(before, [target.x, target.y, target.z]);
    await this.aim({ ...now, target: formatTarget(worldOfFile(this.standing, point)) });
  }
}
