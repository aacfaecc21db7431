/**
 * Presence: whether the element is near enough to load, and whether its picture is looked at: on the screen and not in a headset.
 * Invariant: near() is called once, however often the loading attribute changes.
 */
import { type Loading, type Visibility, watchVisibility } from './visibility.ts';

export interface Presence {
  readonly isNear: boolean;
  /** Begins to watch, or does so under another loading attribute. */
  watch(loading: Loading): void;
  setInHeadset(inside: boolean): void;
  dispose(): void;
}

export function createPresence(host: Element, hooks: { near(): void; seen(yes: boolean): void }): Presence {
  let visibility: Visibility | null = null;
  let isNear = false;
  let onScreen = true;
  let inHeadset = false;
  const tell = () => hooks.seen(onScreen && !inHeadset);
  const near = () => {
    if (isNear) return;
    isNear = true;
    hooks.near();
  };
  return {
    get isNear() {
      return isNear;
    },
    watch(loading) {
      visibility?.dispose();
      visibility = watchVisibility(host, loading, near, (visible) => {
        onScreen = visible;
        tell();
      });
    },
    setInHeadset(inside) {
      inHeadset = inside;
      tell();
    },
    dispose: () => visibility?.dispose(),
  };
}
