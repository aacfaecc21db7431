/**
 * Interaction prompt: after some quiet a hint that the scene can be turned, while the shown camera sways once.
 * Invariant: shown at most once per scene, never after the person has moved the camera; without motion where people prefer that.
 */
import { promptLengthMs, promptOffset, promptRuns } from './camera/interactionPrompt.ts';
import type { ShadowParts } from './shadow.ts';

export interface InteractionPrompt {
  /** Begins to wait. */
  arm(afterMs: number): void;
  /** The person moved, or the scene went. */
  end(): void;
  /** Before a picture; true while the camera sways. */
  tick(dtMs: number): boolean;
  /** Radians to add to theta now. */
  readonly offset: number;
}

export function createInteractionPrompt(
  { prompt }: Pick<ShadowParts, 'prompt'>,
  hooks: { shown(): void; reducedMotion(): boolean },
): InteractionPrompt {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let swayMs = -1;
  const end = () => {
    clearTimeout(timer);
    swayMs = -1;
    prompt.classList.remove('shown');
  };
  const begin = () => {
    prompt.classList.add('shown');
    timer = setTimeout(end, promptLengthMs);
    if (!hooks.reducedMotion()) swayMs = 0;
    hooks.shown();
  };
  return {
    arm(afterMs) {
      clearTimeout(timer);
      timer = setTimeout(begin, afterMs);
    },
    end,
    tick(dtMs) {
      if (swayMs < 0) return false;
      swayMs += dtMs;
      if (!promptRuns(swayMs)) swayMs = -1;
      return swayMs >= 0;
    },
    get offset() {
      return swayMs < 0 ? 0 : promptOffset(swayMs);
    },
  };
}
