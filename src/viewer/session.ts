/**
 * Session: everything that lives while the element is in a page. It joins the stage, the camera, the scene and the layers.
 * Invariant: dispose() leaves no listener, observer, timer, worker or GPU memory behind, and no event is sent after it.
 */
import type { PinholeView } from '../core/scene/camera.ts';
import type { Box } from '../core/view/splatRenderer.ts';
import { createAnnouncer } from './announcer.ts';
import { createSettings } from './attributeReader.ts';
import type { AttributeName } from './attributes.ts';
import { positionOf } from './camera/axes.ts';
import { describeView } from './camera/describe.ts';
import { project } from './camera/toView.ts';
import { createControlsBar } from './controlsBar.ts';
import { type Hotspots, createHotspots } from './hotspots.ts';
import { type Tour, createTour, nameOf } from './hotspotTour.ts';
import { createInteractionPrompt } from './interactionPrompt.ts';
import { createLook } from './look.ts';
import { createPresence } from './presence.ts';
import type { SceneFlow } from './sceneFlow.ts';
import { type SceneView, createSceneView, stillReader } from './sceneView.ts';
import type { ShadowParts } from './shadow.ts';
import { type Showing, createShowing } from './showing.ts';
import { type Stage, createStage } from './stage.ts';
import { fill, stringsOf } from './strings.ts';
import { dressSurface } from './surfaceDress.ts';
import { createTaps } from './taps.ts';
import { type ViewerCamera, createViewerCamera, goalAttributes, settingAttributes } from './viewerCamera.ts';
import { type Pick, send, sendError } from './viewerEvents.ts';
import { createXrEntry } from './xrEntry.ts';

export interface ViewerSession {
  readonly stage: Stage;
  readonly camera: ViewerCamera;
  readonly flow: SceneFlow;
  readonly hotspots: Hotspots;
  readonly tour: Tour;
  readonly posterShown: boolean;
  /** World box of the scene; null before one is known. */
  readonly box: Box | null;
  changed(name: AttributeName): void;
  dismissPoster(): void;
  showPoster(): void;
  /** Back to where the attributes say. */
  resetView(): void;
  lookThrough: SceneView['lookThrough'];
  /** The camera that is shown now, in file space; its pixels are CSS pixels of the element. Null before there is a scene. */
  shownView(): PinholeView | null;
  pick(clientX: number, clientY: number): Promise<Pick | null>;
  dispose(): void;
}

/** Quiet after which the camera's place is spoken. */
const settledMs = 600;

/** `isGiven`: whether the page gave a source by load(), which then goes before the src attribute. */
export function createSession(host: HTMLElement, parts: ShadowParts, isGiven: () => boolean): ViewerSession {
  const window = host.ownerDocument.defaultView ?? globalThis.window;
  const settings = createSettings(host);
  const { read } = settings;
  const look = createLook(read);
  const announcer = createAnnouncer(parts.status);
  let strings = stringsOf(read('a11y'));
  let disposed = false;

  const motion = window.matchMedia('(prefers-reduced-motion: reduce)');
  const reducedMotion = () => motion.matches;
  const aspect = () => host.clientWidth / host.clientHeight || 1;

  const canvas = host.ownerDocument.createElement('canvas');
  parts.canvasBox.replaceChildren(canvas);
  const stage = createStage(canvas, {
    tick: (dtMs) => view.tick(dtMs),
    frame: (widthPx, heightPx) => view.frame(widthPx, heightPx),
    drawn: () => hotspots.layout(),
    lost: (reason) => flow.lost(reason),
  });
  const prompt = createInteractionPrompt(parts, { shown: () => stage.invalidate(), reducedMotion });
  /** A device that is lost on the way has seen nothing. */
  const probe: Stage['probe'] = (points) => stage.probe(points).catch(() => points.map(() => ({ surfaceDepth: null, transmittance: 1 })));
  const view: SceneView = createSceneView({
    surface: parts.surface,
    stage: () => stage,
    probe,
    camera: () => camera,
    prompt,
    look,
    shDegree: () => flow.shDegree,
  });
  /** While another camera is shown than the one that orbits, nobody moves the one that orbits unseen. */
  const cameraRead = stillReader(read, () => view.looksThrough);
  const taps = createTaps(host, { read: cameraRead, camera: () => camera, pick: view.pick, resetView });

  const camera: ViewerCamera = createViewerCamera(parts.surface, cameraRead, aspect, {
    invalidate: () => stage.invalidate(),
    onchange(source) {
      if (source === 'user-interaction') {
        prompt.end();
        announcer.say(describeView(camera.controller.state, strings.extra), settledMs);
      }
      send(host, 'camera-change', { source });
    },
    ontap: (x, y, double) => void taps.tap(x, y, double),
    onreset: () => resetView(),
    reducedMotion,
  });

  const showing: Showing = createShowing(host, parts, {
    stage,
    view: () => view,
    camera: () => camera,
    prompt,
    announcer,
    settings,
    strings: () => strings,
    isNear: () => presence.isNear,
    isGiven,
    changed,
    posterChanged: () => showHotspots(),
  });
  const { flow, poster } = showing;
  const hotspots = createHotspots(host, parts, {
    ready: () => view.box !== null && stage.backend !== null && !view.looksThrough,
    project: (p) => project(p, view.state, stage.widthPx, stage.heightPx),
    cameraPosition: () => positionOf(view.state),
    probe,
    widthPx: () => stage.widthPx,
    heightPx: () => stage.heightPx,
    cssScale: () => host.clientWidth / stage.widthPx,
    sceneRadius: () => camera.sceneRadius,
  });
  const tour = createTour(host, {
    list: () => (view.looksThrough ? [] : hotspots.list),
    visit(hotspot) {
      const { orbit, target, fov } = hotspot.elements[0].dataset;
      if (orbit !== undefined || target !== undefined) camera.visit({ orbit, target, fov });
      else camera.lookAt(hotspot.position, hotspot.normal);
    },
    announce: (hotspot, index, count) => announcer.say(fill(strings.hotspot, { index: index + 1, count, name: nameOf(hotspot) })),
  });
  const controls = createControlsBar(host, parts, { zoom: (steps) => view.looksThrough || camera.zoom(steps), resetView });

  const presence = createPresence(host, {
    near() {
      if (read('scene') !== null) showing.loadSceneFile();
      if (read('src') !== null) showing.loadSource();
    },
    seen: (yes) => stage.setVisible(yes),
  });
  const xr = createXrEntry(host, parts, {
    scene: () => ({ fill: (renderer) => flow.fill(renderer), look: view.look, camera: view.state }),
    busy: (inside) => presence.setInHeadset(inside),
    failed(failure) {
      announcer.say(failure.detail);
      sendError(host, failure);
    },
  });

  /** Their places are for the camera that orbits. */
  const showHotspots = () => hotspots.setShown(!poster.shown && !view.looksThrough);

  function resetView(): void {
    camera.controller.userHasMoved = false;
    camera.aim('glide');
  }

  const dress = () => dressSurface(parts, read, strings);
  const setControls = () => controls.set(read('controls'), strings);
  const setXr = () => xr.set(read('xr'), strings);

  function lookThrough(through: PinholeView | null): void {
    const before = view.looksThrough;
    view.lookThrough(through);
    if (view.looksThrough === before) return;
    showHotspots();
    prompt.end();
    camera.refresh();
  }

  function changed(name: AttributeName): void {
    if (disposed) return;
    if (settingAttributes.has(name) || name === 'orientation') camera.refresh();
    if (goalAttributes.has(name)) camera.aim(view.box ? 'glide' : 'jump', name);
    look.forget();
    stage.invalidate();
    react[name]?.();
  }

  const react: Partial<Record<AttributeName, () => void>> = {
    src: showing.loadSource,
    scene: showing.loadSceneFile,
    loading: () => presence.watch(read('loading')),
    poster: () => poster.setSource(read('poster')),
    alt: dress,
    controls: setControls,
    xr: setXr,
    'camera-controls': dress,
    mode: dress,
    a11y() {
      strings = stringsOf(read('a11y'));
      dress();
      setControls();
      setXr();
    },
    'interaction-prompt': () => read('interaction-prompt') === 'none' && prompt.end(),
    reveal: () => flow.loaded && showing.uncover(),
    orientation: () => view.turned(),
  };

  hotspots.setShown(false);
  poster.setSource(read('poster'));
  camera.aim('jump');
  dress();
  setControls();
  setXr();
  presence.watch(read('loading'));

  return {
    stage,
    camera,
    flow,
    hotspots,
    tour,
    get posterShown() {
      return poster.shown;
    },
    get box() {
      return flow.count > 0 ? view.box : null;
    },
    changed,
    dismissPoster: () => poster.dismiss(),
    showPoster: () => poster.show(),
    resetView,
    lookThrough,
    shownView: () => view.frame(host.clientWidth || 1, host.clientHeight || 1)?.view ?? null,
    pick: view.pick,
    dispose() {
      disposed = true;
      presence.dispose();
      showing.dispose();
      taps.stop();
      prompt.end();
      tour.dispose();
      hotspots.dispose();
      controls.dispose();
      xr.dispose();
      announcer.dispose();
      camera.dispose();
      stage.dispose();
      parts.canvasBox.replaceChildren();
    },
  };
}
