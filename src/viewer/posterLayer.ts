/**
 * Poster layer: what is seen before the scene. A slotted poster wins over the poster attribute.
 * Invariant: the poster goes when the scene is ready and, with reveal="manual", also asked for; it comes back only by show().
 */
import type { ShadowParts } from './shadow.ts';

export interface PosterLayer {
  readonly shown: boolean;
  /** Whether there is something on it: a slotted element or a picture. */
  readonly filled: boolean;
  /** The picture says nothing of its own: the surface under it carries the alternative text. */
  setSource(url: string | null): void;
  /** Asks for the poster to go; it does once ready(true) was said. */
  dismiss(): void;
  show(): void;
  /** Whether there is something to see behind it. */
  ready(yes: boolean): void;
}

/** `changed` is told when the poster begins or ceases to be shown. */
export function createPosterLayer(host: HTMLElement, parts: Pick<ShadowParts, 'poster'>, changed: (shown: boolean) => void): PosterLayer {
  const layer = parts.poster;
  const slot = layer.querySelector('slot') ?? layer.appendChild(host.ownerDocument.createElement('slot'));
  slot.name = 'poster';
  let image: HTMLImageElement | null = null;
  let shown = true;
  let wanted = false;
  let isReady = false;
  // The element may have been in a page before, and left it without its poster.
  layer.classList.remove('gone');
  layer.removeAttribute('inert');
  const set = (next: boolean) => {
    if (next === shown) return;
    shown = next;
    layer.classList.toggle('gone', !next);
    layer.toggleAttribute('inert', !next);
    changed(next);
  };
  return {
    get shown() {
      return shown;
    },
    get filled() {
      return image !== null || slot.assignedElements().length > 0;
    },
    setSource(url) {
      slot.replaceChildren();
      image = url ? host.ownerDocument.createElement('img') : null;
      if (!image || !url) return;
      image.alt = '';
      image.decoding = 'async';
      image.src = url;
      slot.append(image);
    },
    dismiss() {
      wanted = true;
      if (isReady) set(false);
    },
    show() {
      wanted = false;
      set(true);
    },
    ready(yes) {
      isReady = yes;
      if (yes && wanted) set(false);
    },
  };
}
