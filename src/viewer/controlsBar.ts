/** Controls bar: the buttons of the controls attribute. Invariant: every button has a name and at least 24 px; none without the attribute. */
import type { ShadowParts } from './shadow.ts';
import type { Strings } from './strings.ts';

export interface ControlsBar {
  set(shown: boolean, strings: Strings): void;
  dispose(): void;
}

export interface ControlActions {
  zoom(steps: number): void;
  resetView(): void;
}

const svgSpace = 'http://www.w3.org/2000/svg';
const icons = {
  nearer: 'M12 5v14M5 12h14',
  farther: 'M5 12h14',
  back: 'M5 5v5h5M5.5 10a7 7 0 1 1-.5 4',
  fullscreen: 'M5 9V5h4M15 5h4v4M19 15v4h-4M9 19H5v-4',
};

export function createControlsBar(host: HTMLElement, { controls }: Pick<ShadowParts, 'controls'>, actions: ControlActions): ControlsBar {
  const document = host.ownerDocument;
  const isFull = () => document.fullscreenElement === host;
  const toggleFull = () => void (isFull() ? document.exitFullscreen() : host.requestFullscreen()).catch(() => undefined);
  let strings: Strings | null = null;

  /** A line drawing of 24 by 24 units. */
  function drawn(icon: string): SVGElement {
    const svg = document.createElementNS(svgSpace, 'svg');
    const path = document.createElementNS(svgSpace, 'path');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', icon);
    svg.append(path);
    return svg;
  }

  function button(icon: string, label: string, act: () => void): HTMLButtonElement {
    const made = document.createElement('button');
    made.type = 'button';
    made.append(drawn(icon));
    made.setAttribute('part', 'control');
    made.setAttribute('aria-label', label);
    made.title = label;
    made.addEventListener('click', act);
    return made;
  }

  function fill(): void {
    if (!strings) return;
    const full = document.fullscreenEnabled
      ? [button(icons.fullscreen, isFull() ? strings.leaveFullscreen : strings.fullscreen, toggleFull)]
      : [];
    controls.replaceChildren(
      button(icons.nearer, strings.zoomIn, () => actions.zoom(1)),
      button(icons.farther, strings.zoomOut, () => actions.zoom(-1)),
      button(icons.back, strings.resetView, () => actions.resetView()),
      ...full,
    );
  }

  const renameFull = () => {
    const last = controls.lastElementChild;
    if (!strings || !document.fullscreenEnabled || !(last instanceof HTMLElement)) return;
    last.title = isFull() ? strings.leaveFullscreen : strings.fullscreen;
    last.setAttribute('aria-label', last.title);
  };
  document.addEventListener('fullscreenchange', renameFull);
  return {
    set(shown, words) {
      strings = words;
      controls.hidden = !shown;
      if (shown) fill();
      else controls.replaceChildren();
    },
    dispose() {
      document.removeEventListener('fullscreenchange', renameFull);
      controls.replaceChildren();
      controls.hidden = true;
    },
  };
}
