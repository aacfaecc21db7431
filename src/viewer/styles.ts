/**
 * Styles of the shadow root, as one sheet that all elements of a document share.
 * Invariant: the sheet is constructed, so that it works under a content security policy without inline styles.
 */
const css = /* css */ `
:host { display: block; position: relative; width: 300px; height: 150px; contain: strict; overflow: hidden; }
:host([hidden]) { display: none; }
.fill, .canvas > canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
.canvas > canvas { display: block; }
.surface { outline: none; cursor: default; -webkit-user-select: none; user-select: none; }
.surface[tabindex] { cursor: grab; }
.surface[tabindex]:active { cursor: grabbing; }
.ring { pointer-events: none; outline: var(--splat-viewer-focus-ring, 3px solid #1a73e8); outline-offset: -3px; box-shadow: inset 0 0 0 5px #fff; display: none; }
.surface:focus-visible ~ .ring { display: block; }
.quiet { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.hotspots { position: absolute; inset: 0; pointer-events: none; overflow: hidden; }
.hotspots.away { visibility: hidden; }
.hotspot { position: absolute; left: 0; top: 0; width: max-content; opacity: var(--max-hotspot-opacity, 1); pointer-events: auto; transition: opacity 0.3s; }
.hotspot.behind { opacity: var(--min-hotspot-opacity, 0); pointer-events: none; }
.hotspot.outside { opacity: 0; pointer-events: none; }
.hotspot:focus-within { opacity: var(--max-hotspot-opacity, 1); pointer-events: auto; }
::slotted([slot^='hotspot']) { min-width: 24px; min-height: 24px; }
.poster { background: var(--poster-color, transparent); transition: opacity 0.3s, visibility 0.3s; overflow: hidden; }
.poster.gone { opacity: 0; visibility: hidden; pointer-events: none; }
.poster img, .poster ::slotted(img) { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
.bar { position: absolute; left: 0; top: 0; width: 100%; height: var(--progress-bar-height, 5px); transform-origin: 0 0; transform: scaleX(0);
  background: var(--progress-bar-color, rgba(0, 0, 0, 0.4)); transition: transform 0.1s, opacity 0.3s 0.3s; pointer-events: none; }
.bar.idle { opacity: 0; }
.prompt { position: absolute; inset: auto 0 12px; display: var(--interaction-prompt-display, flex); justify-content: center; pointer-events: none; opacity: 0; visibility: hidden; transition: opacity 0.3s, visibility 0.3s; }
.prompt.shown { opacity: 1; visibility: visible; }
.hint { font: 14px/20px system-ui, sans-serif; padding: 6px 12px; border-radius: 16px; }
.hint, .error, button { background: var(--splat-viewer-control-background, #202124); color: var(--splat-viewer-control-color, #fff); }
.error { display: flex; flex-direction: column; gap: 12px; align-items: center; justify-content: center; text-align: center; padding: 12px; box-sizing: border-box;
  font: 14px/20px system-ui, sans-serif; inset: auto 0 0; height: auto; max-height: 100%; overflow: auto; }
.error p { margin: 0; }
.error[hidden], .controls[hidden] { display: none; }
button { min-width: 24px; min-height: 24px; font: 14px/20px system-ui, sans-serif; border: 1px solid currentcolor; border-radius: 4px; padding: 5px 12px; cursor: pointer; }
button:focus-visible { outline: var(--splat-viewer-focus-ring, 3px solid #1a73e8); outline-offset: 2px; }
.controls { position: absolute; right: 8px; bottom: 8px; display: flex; gap: 8px; pointer-events: auto; }
.xr { position: absolute; left: 8px; bottom: 8px; pointer-events: auto; }
.controls button { width: 36px; height: 36px; padding: 0; }
button > svg { display: block; width: 20px; height: 20px; margin: auto; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.fallback { display: none; }
@media (prefers-reduced-motion: reduce) { .poster, .bar, .prompt, .hotspot { transition: none; } }
@media (forced-colors: active) { .ring { outline-color: Highlight; box-shadow: none; } }
`;

const sheets = new WeakMap<Document, CSSStyleSheet>();

/** The sheet for a document's shadow roots. */
export function styleSheetFor(document: Document): CSSStyleSheet {
  const known = sheets.get(document);
  if (known) return known;
  const sheet = new (document.defaultView ?? globalThis).CSSStyleSheet();
  sheet.replaceSync(css);
  sheets.set(document, sheet);
  return sheet;
}
