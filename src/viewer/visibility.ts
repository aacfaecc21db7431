/**
 * Visibility: when the element is near enough to load and whether it is on the screen.
 * Invariant: near is told once; on the screen is told only when it changes.
 */
export type Loading = 'auto' | 'lazy' | 'eager';

export interface Visibility {
  dispose(): void;
}

/** How far around the visible part of the page an element counts as near. */
const margins: Record<Exclude<Loading, 'eager'>, string> = { auto: '200%', lazy: '25%' };

export function watchVisibility(host: Element, loading: Loading, near: () => void, onScreen: (visible: boolean) => void): Visibility {
  let visible: boolean | null = null;
  const screen = new IntersectionObserver((entries) => {
    const now = entries[entries.length - 1].isIntersecting;
    if (now !== visible) onScreen(now);
    visible = now;
  });
  screen.observe(host);
  let approach: IntersectionObserver | null = null;
  if (loading === 'eager') near();
  else {
    approach = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        approach?.disconnect();
        near();
      },
      { rootMargin: margins[loading] },
    );
    approach.observe(host);
  }
  return {
    dispose() {
      screen.disconnect();
      approach?.disconnect();
    },
  };
}
