/** The page's words, in English: taking photos with the camera. */
import type { Feedback } from '../../../core/image/captureGuideFeedback.ts';
import type { LockPart } from '../../services/cameraControls.ts';
import type { CameraTrouble } from '../../services/cameraTrouble.ts';
import { formatsFor } from '../format.ts';

const { count } = formatsFor('en');

const parts: Record<LockPart, string> = { exposure: 'brightness', whiteBalance: 'colour', focus: 'focus' };

export const capture = {
  label: 'Take photos',
  video: 'What the camera sees',
  shutter: 'Take a photo',
  automatic: 'Auto',
  automaticLong: 'Take photos automatically',
  lock: 'Lock',
  lockLong: 'Lock brightness, colour and focus',
  torch: 'Light',
  switchCamera: 'Camera',
  switchLong: 'Use the next camera',
  tips: 'Tips',
  close: 'Close',
  finish: 'Finish',
  starting: 'Starting the camera…',
  paused: 'The camera is paused.',
  shots: (n: number, goal: number): string => (n < goal ? `${count(n)} of ${count(goal)} shots` : `${count(n)} shots`),
  taken: (n: number): string => (n === 1 ? '1 shot taken.' : `${count(n)} shots taken.`),
  lastShots: 'Last shots',
  shot: (n: number): string => `Shot ${count(n)}`,
  remove: (n: number): string => `Delete shot ${count(n)}`,
  removed: (n: number): string => `Shot ${count(n)} deleted.`,
  automaticOn: 'Automatic shots are on: move slowly around your subject.',
  automaticOff: 'Automatic shots are off.',
  locked: (held: readonly LockPart[]): string => `Locked: ${held.map((part) => parts[part]).join(', ')}.`,
  unlocked: 'The camera adjusts itself again.',
  notLockable: 'This camera cannot be locked from a web page. Keep the light even instead.',
  lockFailed: 'The camera did not keep the lock.',
  torchFailed: 'The light could not be switched.',
  guide: {
    'too-dark': 'Too dark. Add light.',
    'moving-too-fast': 'Slower, please.',
    blurry: 'Blurred. Hold still.',
    'low-light': 'Little light. Hold very still.',
    'too-bright': 'Too bright. Turn from the light.',
    'too-plain': 'Too plain. Show something with a pattern.',
    'too-similar': 'Take a step to the side.',
    good: 'Good.',
  } satisfies Record<Feedback, string>,
  kinds: { stop: 'Stop', warning: 'Warning', hint: 'Next', good: 'Good' },
  troubles: {
    insecure: { happened: 'Cameras need a secure page', todo: 'Open this page over https or on localhost.' },
    unsupported: { happened: 'This browser offers no camera', todo: 'Take the photos with the camera app and choose them here.' },
    'no-camera': { happened: 'No camera was found', todo: 'Connect one, or take the photos with a phone and choose them here.' },
    refused: { happened: 'The camera is not allowed', todo: 'Allow the camera for this page in the browser’s settings, then try again.' },
    'in-use': { happened: 'The camera is in use', todo: 'Close other programs and tabs that use it, then try again.' },
    ended: { happened: 'The camera stopped', todo: 'Another program may have taken it. Your shots are safe.' },
    unplugged: { happened: 'The camera was unplugged', todo: 'Connect it again or use another. Your shots are safe.' },
    interrupted: { happened: 'The camera is interrupted', todo: 'It goes on by itself when the call or the other app ends.' },
    'photo-failed': { happened: 'This photo could not be taken', todo: 'Try once more.' },
    failed: { happened: 'The camera could not be started', todo: 'Try again, or choose photos from the camera app instead.' },
  } satisfies Record<CameraTrouble, { happened: string; todo: string }>,
  retry: 'Try again',
  howTo: {
    heading: 'How to take good photos',
    picture: 'A camera walks around an object and looks at it from every side.',
    steps: [
      'Walk around it. Turning on the spot does not help.',
      'Go round three times: low, level and from above.',
      'Each photo should share most of its view with the last.',
      'Lock the brightness where the camera offers it. Nothing should move.',
    ],
    start: 'Start',
  },
  leave: {
    heading: (n: number): string => (n === 1 ? 'Leave with 1 shot taken?' : `Leave with ${count(n)} shots taken?`),
    about: 'They can be used as they are, or thrown away.',
    use: 'Use them',
    discard: 'Throw them away',
    stay: 'Go on taking photos',
  },
};
