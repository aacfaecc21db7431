/**
 * Hotspots over the picture: laid out after every drawn frame, hidden while they are behind splats or face away.
 * Invariant: whether something is in front of them is asked at most some five times a second and once more at rest, never twice at a
 * time; laying out touches transform, order and classes only.
 */
import type { Vector3 } from '../core/math/rotation.ts';
import type { ProbeAnswer, ProbePoint } from '../core/view/splatRenderer.ts';
import { type Hotspot, readHotspots, setSight } from './hotspotList.ts';
import type { ShadowParts } from './shadow.ts';

/** How the picture is seen now. Pixels are the canvas's device pixels. */
export interface HotspotView {
  /** Whether there is a picture that can hide something. */
  ready(): boolean;
  project(position: Vector3): { xPx: number; yPx: number; depth: number } | null;
  cameraPosition(): Vector3;
  probe(points: ProbePoint[]): Promise<ProbeAnswer[]>;
  widthPx(): number;
  heightPx(): number;
  /** CSS pixels per device pixel. */
  cssScale(): number;
  /** Half the diagonal of the scene's box: how near to a surface counts as on it. */
  sceneRadius(): number;
}

export interface HotspotConfig {
  name: string;
  position?: string;
  normal?: string;
}
export interface HotspotState {
  position: Vector3;
  normal: Vector3 | null;
  /** CSS pixels from the element's left and top edge, and depth; null behind the camera. */
  canvasPosition: { x: number; y: number; z: number } | null;
  facingCamera: boolean;
  /** Within the picture and not behind splats. */
  visible: boolean;
}

export interface Hotspots {
  readonly list: readonly Hotspot[];
  /** After a drawn frame. */
  layout(): void;
  setShown(shown: boolean): void;
  update(config: HotspotConfig): void;
  query(name: string): HotspotState | null;
  dispose(): void;
}

const checkEveryMs = 200;
/** A hotspot with less light than this left in front of it is hidden. */
const hiddenBelow = 0.3;
const watched = ['slot', 'data-position', 'data-normal', 'data-visibility-attribute'];

/** Splats on the very surface a hotspot marks do not hide it. */
export const depthInFrontOf = (depth: number, sceneRadius: number): number => depth - Math.max(0.02 * depth, 0.01 * sceneRadius);

/** Whether a surface with a normal at a position is turned to the camera; without a normal always. */
export function facesCamera(position: Vector3, normal: Vector3 | null, camera: Vector3): boolean {
  return !normal || normal.reduce((sum, n, k) => sum + n * (camera[k] - position[k]), 0) > 0;
}

export function createHotspots(host: HTMLElement, parts: Pick<ShadowParts, 'hotspots'>, view: HotspotView): Hotspots {
  const layer = parts.hotspots;
  let list: Hotspot[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastCheckMs = -Infinity;
  let checking = false;
  let again = false;
  let disposed = false;

  const within = (at: { xPx: number; yPx: number }) => at.xPx >= 0 && at.yPx >= 0 && at.xPx < view.widthPx() && at.yPx < view.heightPx();
  const clamp = (x: number, high: number) => Math.min(Math.max(x, 0), high);

  function place(hotspot: Hotspot): number {
    const at = view.project(hotspot.position);
    if (!at || !within(at)) setSight(hotspot, 'outside');
    const scale = view.cssScale();
    // Kept inside, because a focused element outside would make the browser scroll the box.
    const x = clamp((at?.xPx ?? 0) * scale, view.widthPx() * scale);
    const y = clamp((at?.yPx ?? 0) * scale, view.heightPx() * scale);
    hotspot.box.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) translate(-50%, -50%)`;
    return at?.depth ?? Infinity;
  }

  async function check(): Promise<void> {
    lastCheckMs = performance.now();
    if (!view.ready()) return;
    const camera = view.cameraPosition();
    const asked: { hotspot: Hotspot; point: ProbePoint }[] = [];
    for (const hotspot of list) {
      const at = view.project(hotspot.position);
      if (!at || !within(at)) continue;
      if (!facesCamera(hotspot.position, hotspot.normal, camera)) setSight(hotspot, 'behind');
      else asked.push({ hotspot, point: { ...at, depth: depthInFrontOf(at.depth, view.sceneRadius()) } });
    }
    if (asked.length === 0) return;
    const answers = await view.probe(asked.map(({ point }) => point));
    if (disposed) return;
    answers.forEach(({ transmittance }, i) => setSight(asked[i].hotspot, transmittance < hiddenBelow ? 'behind' : 'seen'));
  }

  function askSoon(): void {
    if (checking) {
      again = true;
      return;
    }
    clearTimeout(timer);
    const run = () => {
      checking = true;
      void check().finally(() => {
        checking = false;
        if (again && !disposed) askSoon();
        again = false;
      });
    };
    timer = setTimeout(run, Math.max(0, lastCheckMs + checkEveryMs - performance.now()));
  }

  function layout(): void {
    if (list.length === 0 || !view.ready()) return;
    const depths = list.map(place);
    const farFirst = [...depths.keys()].sort((a, b) => depths[b] - depths[a]);
    farFirst.forEach((index, rank) => (list[index].box.style.zIndex = String(rank)));
    askSoon();
  }

  const sync = () => {
    list = readHotspots(host, layer, list);
    layout();
  };
  const observer = new MutationObserver((records) => {
    if (records.some(({ type, target }) => (type === 'childList' ? target === host : target.parentNode === host))) sync();
  });
  observer.observe(host, { childList: true, subtree: true, attributes: true, attributeFilter: watched });
  sync();

  return {
    get list() {
      return list;
    },
    layout,
    setShown: (shown) => layer.classList.toggle('away', !shown),
    update({ name, position, normal }) {
      for (const element of list.find((hotspot) => hotspot.name === name)?.elements ?? []) {
        if (position !== undefined) element.dataset.position = position;
        if (normal !== undefined) element.dataset.normal = normal;
      }
      observer.takeRecords();
      sync();
    },
    query(name) {
      const hotspot = list.find((one) => one.name === name);
      if (!hotspot) return null;
      const at = view.project(hotspot.position);
      const scale = view.cssScale();
      return {
        position: [...hotspot.position],
        normal: hotspot.normal && [...hotspot.normal],
        canvasPosition: at && { x: at.xPx * scale, y: at.yPx * scale, z: at.depth },
        facingCamera: facesCamera(hotspot.position, hotspot.normal, view.cameraPosition()),
        visible: hotspot.sight === 'seen',
      };
    },
    dispose() {
      disposed = true;
      clearTimeout(timer);
      observer.disconnect();
      for (const hotspot of list) hotspot.box.remove();
      list = [];
    },
  };
}
