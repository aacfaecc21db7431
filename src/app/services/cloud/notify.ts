/**
 * Telling the person that the cloud is done while they look elsewhere.
 * Invariant: permission is asked for only when the person asks to be told; a denial is never asked about again.
 */
export type NotifyState = 'unavailable' | 'not-asked' | 'granted' | 'denied';

export function notifyState(): NotifyState {
  if (!('Notification' in globalThis)) return 'unavailable';
  return Notification.permission === 'default' ? 'not-asked' : Notification.permission;
}

/** The browser's own question. Call it from a click. */
export async function askToNotify(): Promise<NotifyState> {
  if (notifyState() === 'not-asked') await Notification.requestPermission();
  return notifyState();
}

/** Shows a notification when it is allowed and the page is not seen; a click brings the page back. */
export async function notifyWhenHidden(title: string, body: string, tag: string): Promise<void> {
  if (notifyState() !== 'granted' || document.visibilityState === 'visible') return;
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  // Phones know notifications of service workers only.
  if (registration?.active) return registration.showNotification(title, { body, tag });
  try {
    const notification = new Notification(title, { body, tag });
    notification.onclick = () => window.focus();
  } catch {
    // Some browsers have the class and refuse to make one: then the page alone tells.
  }
}
