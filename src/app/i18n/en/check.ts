/** The page's words, in English: check. */
import type { PhotoVerdict } from '../../../core/image/photoCheckVerdict.ts';
import type { DropReason } from '../../../core/project/project.ts';
import type { UnreadableCause } from '../../features/capture/checkNotices.ts';
import { formatsFor } from '../format.ts';

const { count, oneDecimal, bytes, percent } = formatsFor('en');
const many = (n: number, one: string, more = `${one}s`): string => `${count(n)} ${n === 1 ? one : more}`;
// The camera's clock knows no time zone; it is shown as it stood.
const clock = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });

export const check = {
  heading: 'Check the photos',
  help: 'Photos that may harm the scene are left out. Choose a photo to leave it out or to use it all the same.',
  verdict: ({ photos, marked, cameras, exposureStops }: PhotoVerdict): string =>
    [
      many(photos, 'photo'),
      ...(marked.blurry > 0 ? [`${count(marked.blurry)} blurry`] : []),
      ...(marked.duplicate > 0 ? [many(marked.duplicate, 'duplicate')] : []),
      ...(marked['too-dark'] > 0 ? [`${count(marked['too-dark'])} too dark`] : []),
      ...(marked['too-bright'] > 0 ? [`${count(marked['too-bright'])} too bright`] : []),
      ...(marked.unreadable > 0 ? [`${count(marked.unreadable)} unreadable`] : []),
      many(cameras, 'camera'),
      `brightness varies by ${oneDecimal(exposureStops)} stops`,
    ].join(', '),
  using: (kept: number, photos: number): string =>
    kept === photos ? `All ${many(photos, 'photo')} are used.` : `${count(kept)} of ${many(photos, 'photo')} are used.`,
  ownCameras: (files: number): string => `${many(files, 'file')} with cameras of their own: nothing to check here.`,
  none: 'There are no photos yet.',
  noneShown: 'No photo is like that.',

  sheet: 'Photos',
  show: 'Show',
  filters: { all: 'All', kept: 'Used', dropped: 'Left out' },
  reasons: {
    blurry: 'Blurry',
    duplicate: 'Duplicate',
    'too-dark': 'Too dark',
    'too-bright': 'Too bright',
    unreadable: 'Cannot be opened',
    'by-hand': 'Left out by hand',
  } satisfies Record<DropReason, string>,
  repeats: (name: string): string => `Repeats ${name}`,
  used: 'Used',
  usedAllTheSame: (reason: string): string => `${reason}, used all the same`,
  leftOut: (reason: string): string => `Left out: ${reason.toLowerCase()}`,
  leftOutByHand: 'Left out by hand',
  sort: 'Sort by',
  sorts: { name: 'Name', sharpness: 'Blurriest first', brightness: 'Darkest first' },
  keepAll: 'Use all',
  useSharp: 'Use the sharp ones',
  keepShown: (n: number): string => `Use these ${count(n)}`,
  dropShown: (n: number): string => `Leave out these ${count(n)}`,
  enlarge: (name: string): string => `Enlarge ${name}`,
  picture: (name: string): string => `Photo ${name}`,

  add: 'Add photos or a video',
  dropHere: 'Let go to add these files',
  nothingUseful: 'Nothing here can be added. Choose photos, a video, or a zip of photos.',
  start: 'Start',
  back: 'Back',
  stop: 'Stop',
  tooFewToStart: (least: number): string => `At least ${count(least)} photos are needed.`,
  busy: {
    files: (done: number, total: number): string => `Copying files ${count(done)}/${count(total)}`,
    photos: (done: number, total: number): string => `Reading photos ${count(done)}/${count(total)}`,
    frames: (done: number, total: number): string => `Looking through the video ${count(done)}/${count(total)}`,
  },

  remarks: 'Remarks',
  photosConcerned: (names: readonly string[]): string =>
    `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${count(names.length - 5)} more` : ''}`,
  filesLeftOut: 'Left out',
  showThem: 'Show them',
  sortByBrightness: 'Sort by brightness',
  addMore: 'Add photos',
  makeRoom: 'Go back and free space',
  fine: 'All right',

  close: 'Close',
  previous: 'Previous photo',
  next: 'Next photo',
  useIt: 'Use this photo',
  leaveItOut: 'Leave this photo out',
  facts: {
    size: 'Size',
    taken: 'Taken',
    camera: 'Camera',
    focal: 'Focal length',
    sharpness: 'Sharpness',
    brightness: 'Brightness',
  },
  unknown: 'not known',
  sizeOf: (width: number, height: number, size: number): string => (width > 0 ? `${width} × ${height} px, ${bytes(size)}` : bytes(size)),
  takenAt: (ms: number): string => clock.format(ms),
  focalOf: (px: number): string => `${count(px)} px`,
  sharpnessOf: (share: number): string => `${percent(share)} of its neighbours’`,
  brightnessOf: (mean: number, dark: number, bright: number): string =>
    `${percent(mean)} on average, ${percent(dark)} black, ${percent(bright)} white`,
  unreadable: (n: number): string => (n === 1 ? 'One photo cannot be opened' : `${count(n)} photos cannot be opened`),
  whyUnreadable: {
    heic: 'HEIC photos do not open in this browser. On the iPhone choose Settings › Camera › Formats › Most Compatible for new photos; export these as JPEG, or use Safari.',
    raw: 'Raw photos do not open in a browser. Develop them and export them as JPEG.',
    tiff: 'TIFF photos do not open in this browser. Export them as JPEG or PNG.',
    other: 'Damaged, or no photo. Copy again from where it came from.',
  } satisfies Record<UnreadableCause, string>,
};
