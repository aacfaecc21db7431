/**
 * Everything the page says, in English. Words for each Failure are in core/job/words.en.ts.
 * Invariant: no component holds text that a person reads.
 */
import type { SaveFormat, SolveSummary } from '../../../workers/protocol.ts';
import type { JobEvent, Stage } from '../../core/job/events.ts';
import { words } from '../../core/job/words.en.ts';
import type { LeftOutReason } from '../../core/sfm/contract.ts';
import type { StepView, TimelineStep } from '../features/solve/timeline.ts';
import type { TimeLeft } from '../features/train/timeLeft.ts';
import type { NumberField } from '../features/train/trainForm.ts';

import { account } from './en/account.ts';
import { capture } from './en/capture.ts';
import { check } from './en/check.ts';
import { projects } from './en/projects.ts';
import { journey } from './en/journey.ts';
import { edit } from './en/edit.ts';
import { share } from './en/share.ts';
import { cloud } from './en/cloud.ts';
import { pwa } from './en/pwa.ts';
import { formatsFor, inUnits } from './format.ts';

type Progress = Extract<JobEvent, { type: 'progress' }>;

const { count, oneDecimal, bytes } = formatsFor('en');
const many = (n: number, one: string, more = `${one}s`): string => `${count(n)} ${n === 1 ? one : more}`;

export const text = {
  title: 'Splat App',
  lead: 'Photos in, a 3D scene out.',
  failures: words,
  bytes,
  count,
  oneDecimal,

  drop: {
    heading: 'Drop photos or a video here',
    accepts:
      '30 to 150 sharp photos of one place or thing, each sharing most of its view with the next, or a short video walked around it.',
    alsoAccepts:
      'JPEG, PNG, WebP or AVIF; MP4, MOV or WebM; a zip or a folder. A COLMAP or nerfstudio folder brings its own cameras. A splat file (.ply, .splat, .ksplat, .spz, .sog, .glb) opens in the viewer.',
    folder: 'Choose a folder',
    files: 'Choose photos or a video',
    here: 'Let go to read these files',
    privacy: 'Everything runs on this machine. Your photos are not uploaded.',
    nothingUseful: 'Nothing here can be used. Drop photos, a video, or a zip of photos.',
    unreadable: 'These files could not be read. Try to choose them with the button instead.',
  },

  options: {
    quality: 'Quality',
    presets: {
      preview: { name: 'Preview', about: 'Up to 3,000 steps. Minutes on a graphics card, a first look anywhere.' },
      full: { name: 'Full', about: '30,000 steps and more splats. For a graphics card and some patience.' },
    },
    advanced: 'More options',
    fields: {
      steps: { name: 'Steps', about: 'How long to train.' },
      maxSplats: { name: 'Most splats', about: 'More keep finer detail and need more memory.' },
      widthPx: { name: 'Photo width, px', about: 'Photos are scaled down to this width.' },
    } satisfies Record<NumberField, { name: string; about: string }>,
    automatic: 'automatic',
    outside: (min: number, max: number): string => `A whole number from ${count(min)} to ${count(max)}.`,
    holdout: 'Keep every 8th photo aside and score the result on them',
  },

  progress: {
    label: 'Progress',
    stages: {
      read: 'Reading files',
      features: 'Finding features',
      pairs: 'Comparing photos',
      cameras: 'Placing cameras',
      photos: 'Loading photos',
      train: 'Training',
      evaluate: 'Scoring',
      save: 'Saving',
    } satisfies Record<Stage, string>,
    frames: 'Choosing frames',
    preparing: 'Starting',
    warmingUp: 'Preparing the GPU',
    states: { running: 'Training', paused: 'Paused', finished: 'Finished', stopped: 'Stopped' },
    units: ({ unit, done, total }: Pick<Progress, 'unit' | 'done' | 'total'>): string =>
      unit === 'steps' ? `step ${count(done)}/${count(total)}` : `${unit} ${count(done)}/${count(total)}`,
    splats: 'Splats',
    psnr: 'PSNR',
    psnrHeldOut: 'PSNR, photos kept aside',
    psnrUnit: (db: number): string => `${oneDecimal(db)} dB`,
    speed: 'Steps per second',
    size: 'Resolution',
    pixels: (width: number, height: number): string => `${width} × ${height} px`,
    memory: 'GPU memory planned',
    timeLeft: 'Time left',
    timeLeftOfStage: 'Time left for this step',
    unknown: '–',
    range: ({ lowSeconds, highSeconds }: TimeLeft): string => {
      const high = inUnits(highSeconds);
      const low = inUnits(lowSeconds);
      if (low.unit !== high.unit) return `${low.n} ${low.unit} to ${high.n} ${high.unit}`;
      return low.n === high.n ? `about ${high.n} ${high.unit}` : `${low.n} to ${high.n} ${high.unit}`;
    },
    adapter: (name: string): string => `Runs on ${name}`,
  },

  controls: {
    pause: 'Pause',
    resume: 'Resume',
    stop: 'Stop and keep',
    cancel: 'Stop',
    longer: (steps: number): string => `Train ${count(steps)} steps longer`,
  },

  preview: {
    label:
      'Live preview of the scene. Drag or use the arrow keys to turn it, hold Shift to move it, plus and minus to zoom, 0 to start over.',
    waiting: 'The preview appears when training begins.',
    help: 'Drag to turn · right-drag or two fingers to move · wheel or pinch to zoom',
    reset: 'Reset view',
  },

  solve: {
    timeline: 'From photos to a scene',
    steps: { photos: 'Photos', matches: 'Matches', cameras: 'Cameras', training: 'Training' } satisfies Record<TimelineStep, string>,
    states: { done: ', done', now: ', under way', waiting: ', not begun' } satisfies Record<StepView['state'], string>,
    count: ({ done, total }: Pick<Progress, 'done' | 'total'>): string => `${count(done)}/${count(total)}`,
    waiting: {
      frames: 'Choosing the sharpest frames of the video.',
      features: 'Looking for details that can be found again in other photos.',
      pairs: 'Finding the same details from photo to photo.',
      cameras: 'Placing the first two cameras.',
    },
    label:
      'Cameras and points found so far. Drag or use the arrow keys to turn, hold Shift to move, plus and minus to zoom, 0 to start over.',
    note: (cameras: number, photos: number, points: number): string =>
      `${count(cameras)} of ${many(photos, 'camera')} · ${many(points, 'point')}`,
    placed: ({ registered, photos }: SolveSummary): string => {
      const place = registered === 1 ? 'has its place' : 'have their place';
      if (registered < photos) return `${count(registered)} of ${many(photos, 'photo')} ${place}.`;
      return photos === 1 ? `The photo ${place}.` : `All ${many(photos, 'photo')} ${place}.`;
    },
    quality: ({ points, meanReprojectionErrorPx }: SolveSummary): string =>
      `${many(points, 'point')}, ${oneDecimal(meanReprojectionErrorPx)} px off on average.`,
    leftOut: (n: number): string => `${many(n, 'photo')} left out`,
    reasons: {
      unreadable: 'Cannot be read.',
      blurry: 'Blurred.',
      'low-texture': 'Too little detail.',
      'too-few-matches': 'Has nothing in common with the others.',
      'too-little-overlap': 'Overlaps too little with the others.',
      'another-group': 'Belongs to a group that does not connect to the rest.',
    } satisfies Record<LeftOutReason, string>,
  },

  save: {
    button: 'Save',
    busy: 'Saving…',
    format: 'Save as',
    formats: {
      ply: '.ply – opens everywhere',
      'compressed.ply': '.compressed.ply – smaller',
      splat: '.splat – simple viewers',
      spz: '.spz – small',
      sog: '.sog – smallest',
      glb: '.glb – glTF scenes',
    } satisfies Record<SaveFormat, string>,
    done: (name: string, size: number): string => `Saved ${name} (${bytes(size)}).`,
  },

  view: {
    open: 'Open in the viewer',
    opening: 'Opening…',
    nothing: 'Nothing to see',
    alt: (name: string): string => `The scene ${name}`,
    splats: (n: number): string => many(n, 'splat'),
    controls: 'View',
    camera: 'Camera',
    modes: { orbit: 'Orbit', fly: 'Fly' },
    flyHelp: 'Drag to look · W A S D to move · E and Q up and down',
    full: 'Full screen',
    leaveFull: 'Leave full screen',
    background: 'Background',
    picture: 'Save picture',
    pictureSaved: (name: string): string => `Saved ${name}.`,
    noPicture: 'There is no picture to save yet.',
    compare: 'Compare with photos',
    photo: 'Photo',
    splat: 'Splat',
    divider: 'Divider between photo and splat',
    share: (percent: number): string => `${percent} % photo`,
    previous: 'Previous photo',
    next: 'Next photo',
    photoOf: (n: number, total: number): string => `${count(n)} of ${count(total)}`,
    heldOut: 'Kept aside: not trained on',
    trainedOn: 'This photo was trained on',
    backToTraining: 'Back to training',
  },

  warnings: {
    heading: (n: number): string => many(n, 'remark'),
  },

  problem: {
    file: (name: string): string => `File: ${name}`,
    photos: (names: string[]): string =>
      `Photos: ${names.slice(0, 6).join(', ')}${names.length > 6 ? ` and ${count(names.length - 6)} more` : ''}`,
    kept: (step: number): string => `The splats of step ${count(step)} are kept and can be saved.`,
    bug: {
      heading: 'Something in this program went wrong',
      todo: 'This is our mistake. Start again; if it happens twice, report these lines.',
    },
  },

  noGpu: {
    heading: 'This browser cannot train here',
    insecure: 'This page must be opened over https or on localhost; browsers hide WebGPU elsewhere.',
    works: 'Browsers that work:',
    browsers: ['Chrome or Edge 113 or newer', 'Safari 26 or newer', 'Firefox 141 or newer on Windows'],
    terminal: 'The terminal version runs without a browser:',
    command: 'npm run splat -- train FOLDER -o OUT',
  },

  capture,
  check,
  projects,
  journey,
  edit,
  share,
  cloud,
  account,
  pwa,
} as const;
