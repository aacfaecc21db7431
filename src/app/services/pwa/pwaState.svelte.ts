/** The installed program's state for components. Invariant: it mirrors the Pwa object and decides nothing. */
import type { Pwa, PwaSnapshot } from './createPwa.ts';

export interface PwaState {
  readonly now: PwaSnapshot;
  readonly pwa: Pwa;
}

/** Lives as long as the Pwa. */
export function createPwaState(pwa: Pwa): PwaState {
  let now = $state.raw(pwa.snapshot);
  pwa.subscribe((snapshot) => (now = snapshot));
  return {
    pwa,
    get now() {
      return now;
    },
  };
}
