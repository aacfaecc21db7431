/**
 * Keeps the screen, and with it the machine, awake while a run is on.
 * Invariant: a nicety; where the browser has no wake lock or refuses one, nothing else changes.
 */

/** Holds a wake lock until the returned function is called; takes it again when the page comes back into sight. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let over = false;

  const take = async (): Promise<void> => {
    if (over || document.visibilityState !== 'visible') return;
    const got = await navigator.wakeLock?.request('screen').catch(() => null);
    if (over) void got?.release();
    else lock = got ?? null;
  };
  const onVisibility = (): void => void take();

  document.addEventListener('visibilitychange', onVisibility);
  void take();
  return () => {
    over = true;
    document.removeEventListener('visibilitychange', onVisibility);
    void lock?.release();
  };
}
