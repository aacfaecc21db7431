/**
 * <splat-viewer>: shows a 3D Gaussian splat on a page, after the contract of <model-viewer>. This file is the element's face: attributes,
 * properties and methods; what happens behind it is in session.ts.
 * Invariant: importing this file touches nothing, so it can be imported on a server; nothing runs before the element is in a page.
 */
import { type Result, fail } from '../core/job/failure.ts';
import type { PinholeView } from '../core/scene/camera.ts';
import type { Splats } from '../core/scene/splats.ts';
import type { Box, RendererStats } from '../core/view/splatRenderer.ts';
import {
  type AttributeName,
  type AttributeProperties,
  attributeNames,
  attributes,
  readAttribute,
  reflectAttributes,
  upgradeProperties,
} from './attributes.ts';
import type { HotspotConfig, HotspotState } from './hotspots.ts';
import { type Place, measure } from './measure.ts';
import { type ToBlobOptions, blobOf, pictureSize } from './pictures.ts';
import { formatBox, parseBox } from './places.ts';
import type { SceneSource } from './sceneLoader.ts';
import { type ViewerSession, createSession } from './session.ts';
import { type ShadowParts, createShadow } from './shadow.ts';
import { styleSheetFor } from './styles.ts';
import { type Orbit, type Point, orbitOf, pointOfTriple } from './viewerCamera.ts';
import type { LoadDetail, Pick, ViewerListeners } from './viewerEvents.ts';

interface Given {
  source: SceneSource;
  name?: string;
  /** Told how the first load after the element came into a page ended. */
  resolve?: (result: Result<LoadDetail>) => void;
}

const Base = (globalThis.HTMLElement ?? class {}) as unknown as new () => ViewerListeners & HTMLElement & AttributeProperties;

const toDegrees = (radians: number) => (radians * 180) / Math.PI;

export class SplatViewerElement extends Base {
  static readonly observedAttributes: readonly string[] = attributeNames;

  static {
    reflectAttributes(SplatViewerElement.prototype);
  }

  #parts: ShadowParts | null = null;
  #session: ViewerSession | null = null;
  /** What load() was given last; the src attribute takes its place when it changes. */
  #given: Given | null = null;

  connectedCallback(): void {
    upgradeProperties(this, [...attributeNames.map((name) => attributes[name].property), 'cropBox']);
    this.#open();
  }

  disconnectedCallback(): void {
    // An element that is only moved is back before the microtask.
    queueMicrotask(() => {
      if (!this.isConnected) this.dispose();
    });
  }

  adoptedCallback(): void {
    // A sheet belongs to its document.
    if (this.#parts) this.#parts.root.adoptedStyleSheets = [styleSheetFor(this.ownerDocument)];
  }

  attributeChangedCallback(name: AttributeName, before: string | null, now: string | null): void {
    if (before === now && name !== 'src') return;
    if (name === 'src' && now !== null) this.#give(null);
    this.#session?.changed(name);
  }

  #give(next: Given | null): void {
    this.#given?.resolve?.(fail('cancelled', 'Another scene was asked for.'));
    this.#given = next;
  }

  #open(): void {
    if (this.#session) return;
    this.#parts ??= createShadow(this);
    const session = createSession(this, this.#parts, () => this.#given !== null);
    this.#session = session;
    const given = this.#given;
    if (given) void session.flow.show(given.source, given.name).then((result) => given.resolve?.(result));
  }

  /** Loads a URL, a file or splats at hand in place of src, at once. Never rejects. */
  load(source: SceneSource, { name }: { name?: string } = {}): Promise<Result<LoadDetail>> {
    const fileName = name ?? (typeof File !== 'undefined' && source instanceof File ? source.name : undefined);
    const given: Given = { source, ...(fileName ? { name: fileName } : {}) };
    this.#give(given);
    if (this.#session) return this.#session.flow.show(source, fileName);
    const shown = new Promise<Result<LoadDetail>>((resolve) => (given.resolve = resolve));
    if (this.isConnected) this.#open();
    return shown;
  }

  /** Shows splats that are in memory already. */
  show(splats: Splats): Promise<Result<LoadDetail>> {
    return this.load({ splats });
  }

  /**
   * After load({ packed }): reads the rows of splats [first, first + count) again, whose colours, opacities or shapes the page has changed
   * in place. Their means must be as before.
   */
  refreshSplats(first = 0, count = Infinity): void {
    this.#session?.flow.refresh(first, count);
  }

  async reload(): Promise<Result<LoadDetail>> {
    return this.#session?.flow.reload() ?? fail('cancelled', 'The element is not in a page.');
  }

  get loaded(): boolean {
    return this.#session?.flow.loaded ?? false;
  }

  get modelIsVisible(): boolean {
    return this.splatCount > 0 && this.#session?.posterShown === false;
  }

  get backend(): 'webgpu' | 'webgl2' | null {
    return this.#session?.stage.backend ?? null;
  }

  get splatCount(): number {
    return this.#session?.flow.count ?? 0;
  }

  get stats(): RendererStats | null {
    return this.#session?.stage.stats() ?? null;
  }

  dismissPoster(): void {
    this.#session?.dismissPoster();
  }

  showPoster(): void {
    this.#session?.showPoster();
  }

  getCameraOrbit(): Orbit | null {
    return this.#session && orbitOf(this.#session.camera.controller.state);
  }

  getCameraTarget(): Point | null {
    return this.#session && pointOfTriple(this.#session.camera.controller.state.target);
  }

  /** Degrees, as all of the field-of-view methods. */
  getFieldOfView(): number | null {
    return this.#session && toDegrees(this.#session.camera.controller.state.fov);
  }

  getMinimumFieldOfView(): number | null {
    return this.#session && toDegrees(this.#session.camera.controller.settings.limits.fov[0]);
  }

  getMaximumFieldOfView(): number | null {
    return this.#session && toDegrees(this.#session.camera.controller.settings.limits.fov[1]);
  }

  jumpCameraToGoal(): void {
    this.#session?.camera.controller.setGoal({}, 'jump');
  }

  frame(): void {
    this.#session?.camera.frame();
  }

  resetView(): void {
    this.#session?.resetView();
  }

  /**
   * Shows exactly this camera, roll and lens included, in the largest centred rectangle of its shape; null goes back to the camera that
   * orbits. File space, OpenCV axes: as photos are solved.
   */
  lookThrough(view: PinholeView | null): void {
    this.#session?.lookThrough(view);
  }

  /**
   * The camera that is shown now as a pinhole view: file space, OpenCV axes, in CSS pixels of the element. What the person points at on the
   * element can be followed into the scene with it. Null before there is a scene.
   */
  shownView(): PinholeView | null {
    return this.#session?.shownView() ?? null;
  }

  zoom(steps: number): void {
    this.#session?.camera.zoom(steps);
  }

  resetTurntableRotation(theta = 0): void {
    this.#session?.camera.controller.setGoal({ theta }, 'jump');
  }

  getDimensions(): Point | null {
    const box = this.#session?.box;
    return box ? pointOfTriple([box.high[0] - box.low[0], box.high[1] - box.low[1], box.high[2] - box.low[2]]) : null;
  }

  getBoundingBoxCenter(): Point | null {
    const box = this.#session?.box;
    return box ? pointOfTriple([0, 1, 2].map((k) => (box.low[k] + box.high[k]) / 2) as Box['low']) : null;
  }

  /** Box outside which nothing is drawn, world space; the crop attribute as numbers. */
  get cropBox(): Box | null {
    return parseBox(readAttribute(this, 'crop'));
  }

  set cropBox(box: Box | null) {
    this.crop = box && formatBox(box);
  }

  /** The point of the scene under a point of the page; null where there is none. */
  async pick(clientX: number, clientY: number): Promise<Pick | null> {
    return this.#session?.pick(clientX, clientY) ?? null;
  }

  positionAndNormalFromPoint(clientX: number, clientY: number): Promise<Pick | null> {
    return this.pick(clientX, clientY);
  }

  /** Distance between two points in units of the scene; null when one cannot be read. */
  measure(a: Place, b: Place): number | null {
    return measure(a, b);
  }

  updateHotspot(config: HotspotConfig): void {
    this.#session?.hotspots.update(config);
  }

  queryHotspot(name: string): HotspotState | null {
    return this.#session?.hotspots.query(name) ?? null;
  }

  nextHotspot(): boolean {
    return this.#session?.tour.go(1) ?? false;
  }

  previousHotspot(): boolean {
    return this.#session?.tour.go(-1) ?? false;
  }

  /** A picture of the scene as a file; null when there is nothing to take one of. */
  async toBlob(options: ToBlobOptions = {}): Promise<Blob | null> {
    const stage = this.#session?.stage;
    if (!stage) return null;
    const picture = await stage.picture(pictureSize(options, stage) ?? undefined).catch(() => null);
    return picture && blobOf(picture, options);
  }

  dispose(): void {
    const session = this.#session;
    this.#session = null;
    session?.dispose();
  }
}
