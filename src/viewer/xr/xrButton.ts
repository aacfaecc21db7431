/**
 * The buttons that enter VR and AR. A button is there while the browser offers its mode; while a session runs it says how to leave it, and
 * so does a button over the camera picture in AR.
 * Invariant: the code for sessions is loaded before a button is shown, because a click must start a session without waiting for the
 * network. One session at a time.
 */
import { type Failure, fail } from '../../core/job/failure.ts';
import type { XrMode, XrSystem } from './webxrTypes.ts';
import { xrModes } from './xrModes.ts';
import type { XrHooks, XrRun } from './xrSession.ts';

export interface XrStrings {
  viewInVr: string;
  viewInAr: string;
  exit: string;
}

export interface XrButtonHooks {
  document: Document;
  /** navigator.xr */
  xr: XrSystem | undefined;
  strings: XrStrings;
  /** The scene and the camera as they are at a click. */
  scene(mode: XrMode): Omit<XrHooks, 'xr' | 'document' | 'overlay'>;
  /** A session runs: the page need not draw. */
  onenter?(run: XrRun): void;
  onleave?(): void;
  /** No session started, or the scene could not be put into it. Of a refusal (`cancelled`) the person knows already. */
  onfail?(failure: Failure): void;
}

const sizePx = 44;

function makeButton(document: Document, part: string, text: string): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.hidden = true;
  button.setAttribute('part', part);
  button.textContent = text;
  // The page's sheet may size its control buttons smaller.
  Object.assign(button.style, { minWidth: `${sizePx}px`, minHeight: `${sizePx}px`, width: 'auto', height: 'auto', padding: '5px 12px' });
  return button;
}

/** The element is to be in the document while it is used; it is empty to the eye where nothing is offered. */
export function createXrButtons(hooks: XrButtonHooks): { element: HTMLElement; dispose(): void } {
  const { document, xr, strings } = hooks;
  const element = document.createElement('div');
  element.setAttribute('part', 'xr-buttons');
  Object.assign(element.style, { display: 'flex', gap: '8px' });
  const texts: Record<XrMode, string> = { 'immersive-vr': strings.viewInVr, 'immersive-ar': strings.viewInAr };
  const buttons: Record<XrMode, HTMLButtonElement> = {
    'immersive-vr': makeButton(document, 'vr-button', texts['immersive-vr']),
    'immersive-ar': makeButton(document, 'ar-button', texts['immersive-ar']),
  };
  const overlay = document.createElement('div');
  overlay.hidden = true;
  const exit = makeButton(document, 'xr-exit-button', strings.exit);
  Object.assign(exit.style, { position: 'absolute', right: '16px', top: '16px' });
  exit.hidden = false;
  overlay.append(exit);
  element.append(...Object.values(buttons), overlay);

  let session: typeof import('./xrSession.ts') | null = null;
  let entering = false;
  let run: XrRun | null = null;
  let disposed = false;

  const leave = (): void => void run?.end();

  const show = (mode: XrMode | null): void => {
    for (const [key, button] of Object.entries(buttons) as [XrMode, HTMLButtonElement][]) {
      button.textContent = key === mode ? strings.exit : texts[key];
      button.disabled = mode !== null && key !== mode;
    }
    overlay.hidden = mode !== 'immersive-ar';
  };

  async function enter(mode: XrMode): Promise<void> {
    if (!xr || !session || entering) return;
    entering = true;
    overlay.hidden = mode !== 'immersive-ar';
    const entered = await session.enterXr(mode, { ...hooks.scene(mode), xr, document, overlay });
    entering = false;
    if (!entered.ok) {
      show(null);
      if (!disposed) hooks.onfail?.(entered.failure);
      return;
    }
    const mine = (run = entered.value);
    if (disposed) return leave();
    show(mode);
    hooks.onenter?.(mine);
    void mine.filled.then((filled) => !filled.ok && !disposed && hooks.onfail?.(filled.failure));
    await mine.ended;
    run = null;
    if (disposed) return;
    show(null);
    hooks.onleave?.();
  }

  async function offer(): Promise<void> {
    const modes = await xrModes(xr);
    if (modes.length > 0 && !session) {
      const loaded = await import('./xrSession.ts').catch(() => null);
      if (!loaded && !disposed) hooks.onfail?.(fail('offline', 'The code for headsets could not be loaded.').failure);
      session = loaded;
    }
    if (disposed) return;
    for (const [mode, button] of Object.entries(buttons)) button.hidden = !session || !modes.includes(mode as XrMode);
  }
  const ask = (): void => void offer();

  exit.addEventListener('click', leave);
  // A click on the overlay's button is no trigger pull in the scene (DOM Overlays Module, beforexrselect).
  exit.addEventListener('beforexrselect', (event) => event.preventDefault());
  for (const [mode, button] of Object.entries(buttons))
    button.addEventListener('click', () => (run ? leave() : void enter(mode as XrMode)));
  xr?.addEventListener('devicechange', ask);
  ask();

  return {
    element,
    dispose() {
      disposed = true;
      xr?.removeEventListener('devicechange', ask);
      leave();
      element.remove();
    },
  };
}
