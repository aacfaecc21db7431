/** The default progress bar. Invariant: it never goes back within one load and fades once full. */
import type { ShadowParts } from './shadow.ts';

export interface ProgressBar {
  begin(): void;
  /** 0..1. */
  show(share: number): void;
  end(): void;
}

export function createProgressBar({ bar }: Pick<ShadowParts, 'bar'>, label: () => string): ProgressBar {
  bar.setAttribute('role', 'progressbar');
  bar.setAttribute('aria-valuemin', '0');
  bar.setAttribute('aria-valuemax', '100');
  bar.hidden = true;
  let shown = 0;
  const put = (share: number) => {
    shown = share;
    bar.style.transform = `scaleX(${share})`;
    bar.setAttribute('aria-valuenow', String(Math.round(100 * share)));
  };
  return {
    begin() {
      bar.setAttribute('aria-label', label());
      bar.hidden = false;
      bar.removeAttribute('aria-hidden');
      bar.classList.remove('idle');
      put(0);
    },
    show: (share) => put(Math.min(1, Math.max(shown, share))),
    end() {
      put(1);
      bar.classList.add('idle');
      bar.setAttribute('aria-hidden', 'true');
    },
  };
}
