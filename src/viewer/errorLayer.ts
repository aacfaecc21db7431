/** Error layer: why there is no scene, with a button that tries again where that can help. Invariant: hidden unless there is an error. */
import type { Failure } from '../core/job/failure.ts';
import type { ShadowParts } from './shadow.ts';
import { type Strings, fill } from './strings.ts';

export interface ErrorLayer {
  /** Gives back the words it shows. */
  show(failure: Failure, strings: Strings): string;
  hide(): void;
  dispose(): void;
}

function wordsOf({ code, detail }: Failure, strings: Strings): string {
  if (code === 'gpu-missing') return strings.gpuMissing;
  return code === 'gpu-lost' ? strings.gpuLost : fill(strings.failed, { reason: detail });
}

export function createErrorLayer(
  { error, errorText, reload }: Pick<ShadowParts, 'error' | 'errorText' | 'reload'>,
  again: () => void,
): ErrorLayer {
  reload.addEventListener('click', again);
  const hide = () => {
    error.hidden = true;
    errorText.textContent = '';
  };
  return {
    show(failure, strings) {
      const words = wordsOf(failure, strings);
      errorText.textContent = words;
      // Another try does not bring a graphics device.
      reload.hidden = failure.code === 'gpu-missing';
      reload.textContent = strings.reload;
      error.hidden = false;
      return words;
    },
    hide,
    dispose() {
      reload.removeEventListener('click', again);
      hide();
    },
  };
}
