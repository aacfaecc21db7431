/** The installed program's state for components. Invariant: it mirrors the Pwa object and decides nothing. */
import type { Pwa, PwaSnapshot } from './createPwa.ts';

export interface PwaState extends Pick<Pwa, 'applyUpdate' | 'later' | 'install'> {
  readonly now: PwaSnapshot;
}

/** Lives as long as the Pwa. */
export function createPwaState(pwa: Pwa): PwaState {
  let now = $state.raw(pwa.snapshot);
  pwa.subscribe((snapshot) => (now = snapshot));
  return {
    applyUpdate: pwa.applyUpdate,
    later: pwa.later,
    install: pwa.install,
    get now() {
      return now;
    },
  };
}
