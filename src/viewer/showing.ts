/**
 * Showing: the scene on its way as people see and hear it. It joins the flow and the scene.json with the poster, the progress bar, the
 * error layer, the spoken words and the events.
 * Invariant: what a layer says belongs to the source that is wanted now; without one there is neither a bar nor an error.
 */
import type { Failure } from '../core/job/failure.ts';
import type { Announcer } from './announcer.ts';
import type { Settings } from './attributeReader.ts';
import type { AttributeName } from './attributes.ts';
import { frontOf } from './camera/limits.ts';
import { createErrorLayer } from './errorLayer.ts';
import type { InteractionPrompt } from './interactionPrompt.ts';
import { type PosterLayer, createPosterLayer } from './posterLayer.ts';
import { createProgressBar } from './progressBar.ts';
import { createSceneFile } from './sceneFile.ts';
import { type SceneFlow, createSceneFlow } from './sceneFlow.ts';
import type { SceneView } from './sceneView.ts';
import type { ShadowParts } from './shadow.ts';
import type { Stage } from './stage.ts';
import type { Strings } from './strings.ts';
import type { ViewerCamera } from './viewerCamera.ts';
import { send, sendError } from './viewerEvents.ts';

export interface Showing {
  readonly flow: SceneFlow;
  readonly poster: PosterLayer;
  /** Takes the poster away where the reveal attribute lets it. */
  uncover(): void;
  /** The src attribute changed, or the element came near. */
  loadSource(): void;
  /** The scene attribute changed, or the element came near. */
  loadSceneFile(): void;
  dispose(): void;
}

export interface ShowingParts {
  stage: Stage;
  view(): SceneView;
  camera(): ViewerCamera;
  prompt: InteractionPrompt;
  announcer: Announcer;
  settings: Settings;
  strings(): Strings;
  /** Whether the element may load yet. */
  isNear(): boolean;
  /** Whether the page gave a source by load(), which then goes before the src attribute. */
  isGiven(): boolean;
  /** What an attribute says changed. */
  changed(name: AttributeName): void;
  /** The poster began or ceased to be shown. */
  posterChanged(): void;
}

export function createShowing(host: HTMLElement, shadow: ShadowParts, parts: ShowingParts): Showing {
  const { stage, view, camera, prompt, announcer, settings, strings } = parts;
  const { read } = settings;
  const bar = createProgressBar(shadow, () => strings().progress);
  const poster = createPosterLayer(host, shadow, (shown) => {
    parts.posterChanged();
    if (!shown) send(host, 'poster-dismissed', null);
    send(host, 'model-visibility', { visible: !shown });
  });
  const errorLayer = createErrorLayer(shadow, tryAgain);

  const flow: SceneFlow = createSceneFlow(stage, {
    options: () => ({ maxSplats: read('max-splats'), withCredentials: read('with-credentials') }),
    began(again) {
      if (!again) camera().controller.userHasMoved = false;
      errorLayer.hide();
      bar.begin();
      announcer.say(strings().loading);
    },
    opened(_shape, format) {
      camera().setFront(frontOf(format));
      view().setBox(null, false);
    },
    boxKnown(box, _final, again) {
      view().setBox(box, !again && !camera().controller.userHasMoved);
      if (!poster.filled) uncover();
      stage.invalidate();
    },
    progress(detail) {
      bar.show(detail.totalProgress);
      send(host, 'progress', detail);
    },
    loaded(detail) {
      bar.end();
      uncover();
      stage.invalidate();
      announcer.say(strings().loaded);
      const canMove = read('camera-controls') && !view().looksThrough;
      if (read('interaction-prompt') === 'auto' && canMove && !camera().controller.userHasMoved)
        prompt.arm(read('interaction-prompt-threshold'));
      send(host, 'load', { ...detail, warnings: [...sceneFile.warnings, ...detail.warnings] });
    },
    failed,
    restoring: () => announcer.say(strings().restoring),
  });
  const sceneFile = createSceneFile(host, settings, { changed: (names) => names.forEach(parts.changed), failed });

  function failed(failure: Failure): void {
    bar.end();
    // Nothing draws any more: behind the poster there is an empty canvas.
    const isDark = stage.backend === null;
    if (isDark) poster.ready(false);
    if (isDark || !flow.count) poster.show();
    announcer.say(errorLayer.show(failure, strings()));
    sendError(host, failure);
  }

  /** What the button on the error layer does: asks again for what could not be had. */
  function tryAgain(): void {
    const sceneFailed = sceneFile.failure !== null;
    if (sceneFailed) {
      errorLayer.hide();
      announcer.say(strings().loading);
      loadSceneFile();
    }
    if (!sceneFailed || flow.failure) void flow.reload();
  }

  /** There is something to see now. */
  function uncover(): void {
    poster.ready(true);
    if (read('reveal') === 'auto') poster.dismiss();
  }

  function loadSource(): void {
    const src = read('src');
    if (!parts.isNear() || parts.isGiven()) return;
    if (src !== null) {
      void flow.show(src);
      return;
    }
    flow.clear();
    bar.end();
    errorLayer.hide();
    prompt.end();
    stage.invalidate();
    poster.ready(false);
    poster.show();
  }

  function loadSceneFile(): void {
    if (!parts.isNear()) return;
    // What it says is about the scene.json before.
    if (sceneFile.failure && !flow.failure) errorLayer.hide();
    void sceneFile.load(read('scene'), async () => ((await flow.start()).ok && stage.backend) || 'webgl2');
  }

  return {
    flow,
    poster,
    uncover,
    loadSource,
    loadSceneFile,
    dispose() {
      sceneFile.dispose();
      flow.cancel();
      errorLayer.dispose();
    },
  };
}
