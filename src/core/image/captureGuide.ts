/**
 * The capture guide: looks at small frames of a camera and says what could be better, and when a photo should be taken by itself.
 * Invariant: words come and go only after they have held for a while; the automatic shutter is held by every stop, and by warnings about
 * movement and blur.
 *
 * What it cannot tell, it does not say. Turning on the spot, the most common mistake, looks in small frames like walking past something
 * far away; that is left to the instructions.
 */
import { medianOf } from '../math/medianOf.ts';
import type { GreyImage } from '../sfm/grey.ts';
import { type Feedback, feedbacks } from './captureGuideFeedback.ts';
import { type SwitchRule, createSwitch } from './captureGuideSwitch.ts';
import { createViewTracks, detailShare, type ViewTracks } from './captureGuideTracks.ts';
import { exposureOf } from './clipping.ts';
import { motionBetween, motionFrame, type MotionFrame } from './motion.ts';
import { sharpnessOf } from './sharpness.ts';
import { thumbnailOf } from './thumbnail.ts';

/** A new shot should show this share of something else, 0..1: the middle of the 20 to 30 % that are advised. */
export const wantedChange = 0.22;
/** From here on a photo is due even though the camera does not slow down, or a gap would open. */
export const overdueChange = 0.32;
/** Slower than this, in widths per second, is still: at 1/100 s it smears a photo by 0.15 % of its width. */
export const stillSpeed = 0.15;
/** Movement is measured on images of this width. */
const smallPx = 160;
/** Two automatic shots are at least this far apart. */
const leastPauseMs = 700;
/** An automatic shot is at least as sharp as this share of what has been usual lately. */
const sharpEnough = 0.97;
/** How far back sharpness is compared. */
const memoryMs = 3000;
/** Fewer frames than this say nothing about what is usual. */
const fewestCompared = 5;
/** After a longer pause between frames (the page was hidden) speed is unknown. */
const longestStepMs = 1000;

/** What each word depends on: a number that rises with the trouble, and when the word comes and goes. */
const rules = {
  // Mean grey value, as darkness. Cameras expose for mid-grey, so what is dark in their picture is dark.
  'too-dark': { on: 1 - 0.06, off: 1 - 0.08, riseMs: 500, fallMs: 500 },
  'low-light': { on: 1 - 0.18, off: 1 - 0.22, riseMs: 1000, fallMs: 1000 },
  // Share of the picture that is as good as white.
  'too-bright': { on: 0.35, off: 0.25, riseMs: 800, fallMs: 800 },
  // Widths per second.
  'moving-too-fast': { on: 0.5, off: 0.35, riseMs: 150, fallMs: 600 },
  // Share of the usual sharpness that is missing.
  blurry: { on: 0.25, off: 0.15, riseMs: 150, fallMs: 500 },
  // Share of the picture without anything to follow.
  'too-plain': { on: 0.9, off: 0.8, riseMs: 1500, fallMs: 800 },
  // Share of the view that is as it was in the last shot.
  'too-similar': { on: 1 - 0.08, off: 1 - 0.11, riseMs: 1200, fallMs: 200 },
} satisfies Record<Exclude<Feedback, 'good'>, SwitchRule>;

/** The automatic shutter waits while one of these holds. */
const holdsShutter: readonly Feedback[] = ['too-dark', 'moving-too-fast', 'blurry'];

export interface GuideFrame {
  /** The whole view, at least 160 px wide; always of the same size until the camera is turned. */
  image: GreyImage;
  /** Milliseconds, never falling. */
  timeMs: number;
}

export interface Guidance {
  /** What holds now, the most urgent first; never empty: `good` stands alone. */
  feedback: readonly Feedback[];
  /** Now is a good moment for an automatic shot. */
  shootNow: boolean;
  /** Widths of the view per second, up to about 1; 0 where it is not known. */
  speed: number;
  /** How different the view is from the last shot's (captureGuideTracks.ts), 0..1; null before the first shot and where it cannot be told. */
  change: number | null;
}

export interface CaptureGuide {
  look(frame: GuideFrame): Guidance;
  /** A photo has been taken, by whatever shutter: the frame looked at last is what the next one is compared with. */
  shot(): void;
}

/** Brings the mean to mid-grey: a camera that changes its exposure has not moved. */
function levelled(image: GreyImage, mean: number): GreyImage {
  return { ...image, values: image.values.map((value) => value - mean + 0.5) };
}

/** Speed of the picture from frame to frame, in widths per second. */
function createSpeedometer(): (image: GreyImage, mean: number, timeMs: number) => number {
  let before: { frame: MotionFrame; timeMs: number } | null = null;
  return (image, mean, timeMs) => {
    const frame = motionFrame(levelled(image, mean));
    const last = before;
    before = { frame, timeMs };
    const stepMs = last ? timeMs - last.timeMs : 0;
    if (!last || stepMs <= 0 || stepMs > longestStepMs || last.frame.fine.heightPx !== frame.fine.heightPx) return 0;
    return (1000 * motionBetween(last.frame, frame)) / stepMs;
  };
}

/** Sharpness as a share of what has been usual in the last seconds; NaN while that is not known. */
function createSharpnessMemory(): (sharpness: number, timeMs: number) => number {
  let recent: { sharpness: number; timeMs: number }[] = [];
  return (sharpness, timeMs) => {
    recent = recent.filter((each) => timeMs - each.timeMs <= memoryMs);
    const usual = recent.length >= fewestCompared ? medianOf(recent.map((each) => each.sharpness)) : Number.NaN;
    recent.push({ sharpness, timeMs });
    return usual > 0 ? sharpness / usual : Number.NaN;
  };
}

interface Moment {
  timeMs: number;
  feedback: readonly Feedback[];
  speed: number;
  /** NaN where it cannot be told. */
  change: number;
  /** Of the usual; NaN where that is not known. */
  sharpness: number;
}

/** Whether to shoot by itself: moved by enough, still enough and sharp enough; with a photo overdue, as soon as nothing forbids it. */
function isGoodMoment({ timeMs, feedback, speed, change, sharpness }: Moment, lastShotMs: number | null): boolean {
  if (feedback.some((each) => holdsShutter.includes(each))) return false;
  if (lastShotMs !== null && (timeMs - lastShotMs < leastPauseMs || !(change >= wantedChange))) return false;
  if (lastShotMs !== null && change >= overdueChange) return speed < rules['moving-too-fast'].on;
  return speed < stillSpeed && sharpness >= sharpEnough;
}

export function createCaptureGuide(): CaptureGuide {
  const names = feedbacks.filter((name) => name !== 'good');
  const switches = names.map((name) => ({ name, holds: createSwitch(rules[name]) }));
  const speedOf = createSpeedometer();
  const shareOfUsual = createSharpnessMemory();
  let last: GuideFrame | null = null;
  let tracks: ViewTracks | null = null;
  let lastShotMs: number | null = null;

  /** The switches that are on; the worse word for darkness takes the place of the milder one. */
  function wordsFor(values: Record<Exclude<Feedback, 'good'>, number>, timeMs: number): Feedback[] {
    const on = switches.filter(({ name, holds }) => holds.update(values[name], timeMs)).map(({ name }) => name);
    const dark = on.includes('too-dark');
    return on.filter((name) => !(dark && name === 'low-light'));
  }

  return {
    look(frame) {
      const { image, timeMs } = frame;
      const small = thumbnailOf(image, smallPx);
      last = { image: small, timeMs };
      const { exposure, clippedBright } = exposureOf(image);
      const speed = speedOf(small, exposure, timeMs);
      const sharpness = shareOfUsual(sharpnessOf(image), timeMs);
      const change = tracks ? tracks.add(small) : Number.NaN;
      const words = wordsFor(
        {
          'too-dark': 1 - exposure,
          'low-light': 1 - exposure,
          'too-bright': clippedBright,
          'moving-too-fast': speed,
          blurry: 1 - sharpness,
          'too-plain': 1 - detailShare(small),
          'too-similar': 1 - change,
        },
        timeMs,
      );
      const feedback: readonly Feedback[] = words.length > 0 ? words : ['good'];
      const shootNow = isGoodMoment({ timeMs, feedback, speed, change, sharpness }, lastShotMs);
      return { feedback, shootNow, speed, change: Number.isNaN(change) ? null : change };
    },
    shot() {
      if (!last) return;
      tracks = createViewTracks(last.image);
      lastShotMs = last.timeMs;
    },
  };
}
