/** Defines <splat-viewer>. Invariant: importing it twice, or beside another copy, defines the element once; on a server it does nothing. */
import { SplatViewerElement } from './element.ts';

declare global {
  interface HTMLElementTagNameMap {
    'splat-viewer': SplatViewerElement;
  }
}

if (globalThis.customElements && !customElements.get('splat-viewer')) {
  customElements.define('splat-viewer', SplatViewerElement);
}

export { SplatViewerElement };
