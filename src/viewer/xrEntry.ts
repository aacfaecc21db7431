/**
 * The xr attribute: buttons that take the scene into a headset or into the room.
 * Invariant: without the attribute nothing of WebXR is asked for or loaded; while a session runs the page's picture rests.
 */
import type { Failure } from '../core/job/failure.ts';
import type { ShadowParts } from './shadow.ts';
import type { Strings } from './strings.ts';
import { type XrButtonHooks, createXrButtons } from './xr/xrButton.ts';
import type { XrSystem } from './xr/webxrTypes.ts';

export interface XrEntry {
  set(shown: boolean, strings: Strings): void;
  dispose(): void;
}

export interface XrEntryHooks {
  scene: XrButtonHooks['scene'];
  /** A session began or ended. */
  busy(inside: boolean): void;
  failed(failure: Failure): void;
}

export function createXrEntry(host: HTMLElement, { xr: place }: Pick<ShadowParts, 'xr'>, hooks: XrEntryHooks): XrEntry {
  let buttons: ReturnType<typeof createXrButtons> | null = null;
  const remove = () => {
    buttons?.dispose();
    buttons = null;
  };
  return {
    set(shown, { viewInVr, viewInAr, exitXr }) {
      remove();
      if (!shown) return;
      buttons = createXrButtons({
        document: host.ownerDocument,
        xr: (navigator as Navigator & { xr?: XrSystem }).xr,
        strings: { viewInVr, viewInAr, exit: exitXr },
        scene: hooks.scene,
        onenter: () => hooks.busy(true),
        onleave: () => hooks.busy(false),
        onfail: hooks.failed,
      });
      place.append(buttons.element);
    },
    dispose: remove,
  };
}
