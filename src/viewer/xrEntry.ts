/**
 * The xr attribute: buttons that take the scene into a headset or into the room.
 * Invariant: without the attribute nothing of WebXR is asked for or loaded; while a session runs the page's picture rests. When a session
 * is over, or the buttons go, nothing is put into its renderer any more and the page's picture goes on.
 */
import { type Failure, fail, ok } from '../core/job/failure.ts';
import type { SplatRenderer } from '../core/view/splatRenderer.ts';
import type { Filling } from './sceneFlow.ts';
import type { ShadowParts } from './shadow.ts';
import type { Strings } from './strings.ts';
import { type XrButtonHooks, createXrButtons } from './xr/xrButton.ts';
import type { XrSystem } from './xr/webxrTypes.ts';

export interface XrEntry {
  set(shown: boolean, strings: Strings): void;
  dispose(): void;
}

/** The scene and the camera as they are at a click. */
export type XrScene = Omit<ReturnType<XrButtonHooks['scene']>, 'fill'> & {
  /** Begins to put the scene into a session's renderer. */
  fill(renderer: SplatRenderer): Filling;
};

export interface XrEntryHooks {
  scene(): XrScene;
  /** A session began or ended. */
  busy(inside: boolean): void;
  failed(failure: Failure): void;
}

/** One visit to a headset, from the click. */
function createVisit({ fill, ...scene }: XrScene) {
  let filling: Filling | null = null;
  let over = false;
  return {
    scene: {
      ...scene,
      async fill(renderer: SplatRenderer) {
        if (over) return fail('cancelled', 'The session is over.');
        filling = fill(renderer);
        const done = await filling.done;
        // A session that was left is no failure.
        return over ? ok(null) : done;
      },
    },
    end() {
      over = true;
      filling?.cancel();
    },
  };
}

export function createXrEntry(host: HTMLElement, { xr: place }: Pick<ShadowParts, 'xr'>, hooks: XrEntryHooks): XrEntry {
  let buttons: ReturnType<typeof createXrButtons> | null = null;
  let visit: ReturnType<typeof createVisit> | null = null;
  let inside = false;
  const leave = () => {
    visit?.end();
    visit = null;
    if (inside) hooks.busy(false);
    inside = false;
  };
  const remove = () => {
    buttons?.dispose();
    buttons = null;
    leave();
  };
  return {
    set(shown, { viewInVr, viewInAr, exitXr }) {
      remove();
      if (!shown) return;
      buttons = createXrButtons({
        document: host.ownerDocument,
        xr: (navigator as Navigator & { xr?: XrSystem }).xr,
        strings: { viewInVr, viewInAr, exit: exitXr },
        scene() {
          visit = createVisit(hooks.scene());
          return visit.scene;
        },
        onenter() {
          inside = true;
          hooks.busy(true);
        },
        onleave: leave,
        onfail: hooks.failed,
      });
      place.append(buttons.element);
    },
    dispose: remove,
  };
}
