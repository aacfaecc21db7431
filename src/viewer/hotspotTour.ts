/**
 * Hotspot tour: going from one hotspot to the next by key or method, with focus, camera and announcement together.
 * Invariant: the order is that of the hotspots in the page; the tour goes round.
 */
import type { Hotspot } from './hotspotList.ts';

export interface Tour {
  /** 1 for the next, -1 for the one before. False without hotspots. */
  go(step: 1 | -1): boolean;
  dispose(): void;
}

export interface TourHooks {
  list(): readonly Hotspot[];
  /** Moves the camera so that a hotspot is seen. */
  visit(hotspot: Hotspot): void;
  announce(hotspot: Hotspot, index: number, count: number): void;
}

const steps: Record<string, 1 | -1> = { ']': 1, n: 1, '[': -1, p: -1 };

export const nameOf = (hotspot: Hotspot): string =>
  hotspot.elements.map((element) => element.getAttribute('aria-label') ?? element.textContent.trim()).find((name) => name) ?? hotspot.name;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));

function focusOn(hotspot: Hotspot): void {
  const focusable = 'a[href], button, input, select, textarea, summary, [tabindex]';
  const [first] = hotspot.elements;
  const target = first.matches(focusable) ? first : (first.querySelector<HTMLElement>(focusable) ?? first);
  if (target === first && !first.matches(focusable)) first.tabIndex = -1;
  target.focus({ preventScroll: true });
}

export function createTour(host: HTMLElement, hooks: TourHooks): Tour {
  let last: string | null = null;
  let touring = false;
  const holding = (target: EventTarget | null) =>
    hooks.list().findIndex(({ elements }) => elements.some((element) => target instanceof Node && element.contains(target)));

  function go(step: 1 | -1): boolean {
    const list = hooks.list();
    if (list.length === 0) return false;
    const root = host.getRootNode() as Document | ShadowRoot;
    const focused = holding(root.activeElement);
    const from = focused >= 0 ? focused : list.findIndex(({ name }) => name === last);
    const start = from >= 0 ? from : step > 0 ? -1 : 0;
    const index = (start + step + list.length) % list.length;
    last = list[index].name;
    touring = true;
    focusOn(list[index]);
    touring = false;
    hooks.visit(list[index]);
    hooks.announce(list[index], index, list.length);
    return true;
  }

  const keydown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (Object.hasOwn(steps, event.key) && go(steps[event.key])) event.preventDefault();
  };
  // A hotspot that takes the focus by Tab must be seen too.
  const focusin = (event: FocusEvent) => {
    const index = touring ? -1 : holding(event.target);
    if (index < 0) return;
    const hotspot = hooks.list()[index];
    last = hotspot.name;
    if (hotspot.sight !== 'seen') hooks.visit(hotspot);
  };
  host.addEventListener('keydown', keydown);
  host.addEventListener('focusin', focusin);
  return {
    go,
    dispose() {
      host.removeEventListener('keydown', keydown);
      host.removeEventListener('focusin', focusin);
    },
  };
}
