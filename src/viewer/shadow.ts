/**
 * The shadow tree of <splat-viewer>: made once per element, filled and moved by the other modules.
 * Invariant: no style attribute and no <style> in markup; every node is made by script.
 */
import { styleSheetFor } from './styles.ts';

export interface ShadowParts {
  root: ShadowRoot;
  /** Holds the canvas, which is replaced after a loss of the device. */
  canvasBox: HTMLDivElement;
  /** Takes focus, pointer and keys. */
  surface: HTMLDivElement;
  instructions: HTMLElement;
  status: HTMLElement;
  hotspots: HTMLDivElement;
  poster: HTMLDivElement;
  bar: HTMLDivElement;
  prompt: HTMLDivElement;
  hint: HTMLElement;
  controls: HTMLDivElement;
  /** Holds the buttons of the xr attribute. */
  xr: HTMLDivElement;
  error: HTMLDivElement;
  errorText: HTMLParagraphElement;
  reload: HTMLButtonElement;
}

interface Made {
  class?: string;
  part?: string;
  id?: string;
  slot?: string;
}

/** A node with children; what a slot holds is shown when the page fills it with nothing. */
function make<T extends keyof HTMLElementTagNameMap>(
  document: Document,
  tag: T,
  made: Made = {},
  ...children: Node[]
): HTMLElementTagNameMap[T] {
  const node = document.createElement(tag);
  if (made.class) node.className = made.class;
  if (made.part) node.setAttribute('part', made.part);
  if (made.id) node.id = made.id;
  node.append(...children);
  return node;
}

function makeSlot(document: Document, name: string, ...children: Node[]): HTMLSlotElement {
  const slot = make(document, 'slot', {}, ...children);
  if (name) slot.name = name;
  return slot;
}

/** Attaches the shadow root. The caller owns it; it lives as long as the element. */
export function createShadow(host: HTMLElement): ShadowParts {
  const document = host.ownerDocument;
  const root = host.attachShadow({ mode: 'open' });
  root.adoptedStyleSheets = [styleSheetFor(document)];
  const div = (made: Made, ...children: Node[]) => make(document, 'div', made, ...children);
  const canvasBox = div({ class: 'canvas fill', part: 'canvas' });
  const surface = div({ class: 'surface fill', part: 'surface' });
  const instructions = div({ class: 'quiet', id: 'instructions' });
  const hotspots = div({ class: 'hotspots' });
  const poster = div({ class: 'poster fill', part: 'poster' });
  const bar = div({ class: 'bar idle', part: 'default-progress-bar' });
  const hint = make(document, 'span', { class: 'hint' });
  const prompt = div({ class: 'prompt' }, makeSlot(document, 'interaction-prompt', hint));
  prompt.setAttribute('part', 'interaction-prompt');
  const controls = div({ class: 'controls', part: 'controls' });
  const xr = div({ class: 'xr' });
  const errorText = make(document, 'p');
  const reload = make(document, 'button', { part: 'reload-button' });
  reload.type = 'button';
  const error = div({ class: 'error fill', part: 'error' }, errorText, reload);
  const status = div({ class: 'quiet' });
  status.setAttribute('role', 'status');
  canvasBox.setAttribute('aria-hidden', 'true');
  prompt.setAttribute('aria-hidden', 'true');
  error.hidden = controls.hidden = true;
  const fallback = div({ class: 'fallback' }, makeSlot(document, ''));
  root.append(canvasBox, surface, div({ class: 'ring fill' }), instructions, hotspots, poster, makeSlot(document, 'progress-bar', bar));
  root.append(prompt, makeSlot(document, 'controls'), controls, xr, error, status, fallback);
  return { root, canvasBox, surface, instructions, status, hotspots, poster, bar, prompt, hint, controls, xr, error, errorText, reload };
}
