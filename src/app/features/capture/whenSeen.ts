/**
 * Tells an element when it comes near the screen, once.
 * Invariant: one observer watches all elements; an element that goes away is no longer watched.
 */
const waiting = new WeakMap<Element, () => void>();
let observer: IntersectionObserver | null = null;

/** Pictures are fetched a screen ahead, so that scrolling finds them there. */
const margin = '100% 0px';

function watch(): IntersectionObserver {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        observer?.unobserve(target);
        waiting.get(target)?.();
      }
    },
    { rootMargin: margin },
  );
  return observer;
}

/** Attachment: calls `seen` when the element is near the screen for the first time. */
export const whenSeen =
  (seen: () => void) =>
  (element: Element): (() => void) => {
    waiting.set(element, seen);
    watch().observe(element);
    return () => observer?.unobserve(element);
  };
