/** The page's words, in English: share. */
import type { SaveFormat } from '../../../../workers/protocol.ts';
import type { TurntableSize } from '../../services/turntablePlan.ts';
import { formatsFor } from '../format.ts';

const { bytes, count } = formatsFor('en');
const splats = (n: number): string => `${count(n)} ${n === 1 ? 'splat' : 'splats'}`;

export const share = {
  heading: 'Save and share',
  reading: 'Reading the splats…',
  goesOut: (n: number, before: number): string => (n === before ? splats(n) : `${count(n)} of ${splats(before)}, as edited`),
  save: 'Save',
  share: 'Share',
  busy: 'Preparing…',
  saveOf: (what: string): string => `Save ${what}`,
  shareOf: (what: string): string => `Share ${what}`,
  saved: (name: string, size: number): string => `Saved ${name} (${bytes(size)}).`,
  shared: 'Shared.',
  pressAgain: 'The file is ready. Press Share once more.',
  notShared: 'This device does not share the file. Save it and send it on.',
  size: (n: number): string => bytes(n),
  sizeAbout: (n: number): string => `about ${bytes(n)}`,
  sizeUnknown: '…',

  files: {
    heading: 'Splat file',
    names: {
      ply: 'PLY',
      'compressed.ply': 'Compressed PLY',
      splat: 'SPLAT',
      spz: 'SPZ',
      sog: 'SOG',
      glb: 'GLB',
    } satisfies Record<SaveFormat, string>,
    about: {
      ply: 'Full quality. Opens in every splat program, and can be edited further.',
      'compressed.ply': 'A quarter of the size, for programs that do not know SPZ.',
      splat: 'Small and simple, one colour from every side.',
      spz: 'Small with little loss. For sending and for phones.',
      sog: 'For the web. Smallest for large scenes, which take long to write.',
      glb: 'For glTF scenes and 3D programs (KHR_gaussian_splatting).',
    } satisfies Record<SaveFormat, string>,
  },

  page: {
    heading: 'Web page',
    about: 'One .html file with viewer and scene inside. Opens in any browser, even offline.',
    what: 'the web page',
    large: (size: number): string => `The page has ${bytes(size)}. Safari and phones may refuse to open more than 100 MB.`,
    noScript: 'The 3D scene needs JavaScript.',
    broken: 'This browser cannot show the 3D scene. A newer one can.',
  },

  picture: {
    heading: 'Picture',
    about: 'A PNG of what is seen now.',
    what: 'the picture',
    sizes: 'Size in px',
    pixels: (width: number, height: number): string => `${width} × ${height}`,
  },

  video: {
    heading: 'Turntable video',
    about: 'One turn around the scene from where the camera is now.',
    what: 'the video',
    seconds: 'Length',
    secondsOf: (n: number): string => `${n} seconds`,
    size: 'Size',
    sizes: { '720p': '1280 × 720', '1080p': '1920 × 1080', square: '1080 × 1080' } satisfies Record<TurntableSize, string>,
    direction: 'Direction',
    directions: { right: 'To the right', left: 'To the left' },
    make: 'Make video',
    stop: 'Stop',
    progress: (done: number, total: number): string => `Frame ${count(done)} of ${count(total)}`,
    progressLabel: 'Frames of the video',
    ready: (kind: string, size: number): string => `The video is ready (${kind}, ${bytes(size)}).`,
    stopped: 'Stopped. Nothing was saved.',
    missing: 'This browser cannot write videos. Chrome, Edge, Safari 17 and Firefox 130 on a computer, or newer, can.',
    tooLarge: 'This browser cannot write a video of this size. Try a smaller one.',
    nothing: 'There is nothing to film yet.',
    failed: 'The video could not be finished.',
  },

  embed: {
    heading: 'Put it on a website',
    about: 'Save the scene as SPZ, put it on your web server, and copy one of these into your page.',
    element: 'As an element',
    frame: 'As a frame',
    copy: 'Copy',
    copyOf: (what: string): string => `Copy the code: ${what}`,
    copied: 'Copied.',
    selected: 'Selected: press Ctrl+C or Cmd+C.',
  },

  project: {
    heading: 'Whole project',
    about: 'Photos, cameras, splats and edits in one file, to go on elsewhere.',
    save: 'Save project',
  },
};
