/** Whether the instructions have been shown on this device. Invariant: where nothing is kept they are shown every time. */
const rememberedAs = 'captureHowToSeen';

export function howToSeen(): boolean {
  try {
    return localStorage.getItem(rememberedAs) !== null;
  } catch {
    return false;
  }
}

export function rememberHowTo(): void {
  try {
    localStorage.setItem(rememberedAs, '1');
  } catch {
    // Shown again next time.
  }
}
