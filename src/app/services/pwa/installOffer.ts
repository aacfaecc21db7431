/**
 * Whether and how the app can be installed here.
 * Invariant: the browser's own offer is held back until the person asks for it, and used once.
 */
export type InstallState =
  /** Nothing to offer: it cannot be installed from a page here, or it is installed already. */
  | 'none'
  /** The browser has a dialog for it. */
  | 'dialog'
  /** iPhone and iPad: only the person can do it, from the share menu. */
  | 'by-hand';

/** Chromium's event, which TypeScript does not know. */
interface InstallPromptEvent extends Event {
  prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }>;
}

export interface InstallOffer {
  readonly state: InstallState;
  /** Shows the browser's dialog. True when the person accepted. */
  install(): Promise<boolean>;
  dispose(): void;
}

const installedModes = '(display-mode: standalone), (display-mode: window-controls-overlay), (display-mode: minimal-ui)';

/** Only iOS and iPadOS have this member. */
const isAppleTouch = (): boolean => 'standalone' in navigator && navigator.maxTouchPoints > 1;

/** Listens for the browser's offer. It may come before the app is up, so call this early. */
export function watchInstallOffer(changed: () => void): InstallOffer {
  const isInstalled = matchMedia(installedModes).matches || ('standalone' in navigator && navigator.standalone === true);
  let offer: InstallPromptEvent | null = null;
  let done = isInstalled;
  const abort = new AbortController();
  const { signal } = abort;

  window.addEventListener(
    'beforeinstallprompt',
    (event) => {
      event.preventDefault();
      offer = event as InstallPromptEvent;
      changed();
    },
    { signal },
  );
  window.addEventListener(
    'appinstalled',
    () => {
      offer = null;
      done = true;
      changed();
    },
    { signal },
  );

  return {
    get state() {
      if (done) return 'none';
      if (offer) return 'dialog';
      return isAppleTouch() ? 'by-hand' : 'none';
    },
    async install() {
      const used = offer;
      offer = null;
      const accepted = (await used?.prompt())?.outcome === 'accepted';
      changed();
      return accepted;
    },
    dispose: () => abort.abort(),
  };
}
