/**
 * Feeds the capture guide with the video's frames, about ten per second.
 * Invariant: one frame is looked at a time, and the page gets at least as long a rest as the look took, so a slow device only sees fewer.
 */
import { type CaptureGuide, type Guidance, createCaptureGuide } from '../../../../core/image/captureGuide.ts';
import { createGreyFrames } from '../../../services/cameraPicture.ts';

const stepMs = 100;

export interface GuideLoop {
  /** A photo has been taken. */
  shot(): void;
  dispose(): void;
}

export function createGuideLoop(video: HTMLVideoElement, onlook: (guidance: Guidance) => void): GuideLoop {
  const guide: CaptureGuide = createCaptureGuide();
  const frame = createGreyFrames(video);
  let timer: ReturnType<typeof setTimeout>;

  function look(): void {
    const startMs = performance.now();
    const image = document.hidden ? null : frame();
    if (image) onlook(guide.look({ image, timeMs: startMs }));
    const tookMs = performance.now() - startMs;
    timer = setTimeout(look, Math.max(stepMs - tookMs, tookMs));
  }

  timer = setTimeout(look, 0);
  return { shot: () => guide.shot(), dispose: () => clearTimeout(timer) };
}
