/**
 * The general words of every Failure in English: what happened and what to do. The particulars are in the Failure's detail.
 * Invariant: every code has both, and neither blames the person.
 */
import type { FailureCode } from './failure.ts';

export interface FailureWords {
  /** One sentence: what happened. */
  happened: string;
  /** One or two sentences: what to do next. */
  todo: string;
}

export const words: Record<FailureCode, FailureWords> = {
  'too-few-photos': {
    happened: 'There are too few photos to build a scene from.',
    todo: 'Add more photos taken from different places, or a video walked around the subject; 30 to 150 photos of one subject work well.',
  },
  blurry: {
    happened: 'Many of the photos are blurred.',
    todo: 'Take them again with more light or a shorter exposure, and hold the camera still for each one; move slowly when you film.',
  },
  'exposure-shift': {
    happened: 'The brightness changes strongly from photo to photo.',
    todo: 'Lock exposure and white balance on the camera and take the photos again.',
  },
  'low-texture': {
    happened: 'The photos show too little detail to hold on to.',
    todo: 'Avoid plain walls and shiny surfaces, or put some patterned things into the scene.',
  },
  'repeated-structure': {
    happened: 'Parts of the scene look so alike that they were taken for one another.',
    todo: 'Add photos that show the alike parts together with something that tells them apart.',
  },
  'no-baseline': {
    happened: 'The camera turned on the spot, so depth cannot be told.',
    todo: 'Move sideways between photos: walk around the subject and do not only turn.',
  },
  split: {
    happened: 'The photos fall into groups that do not overlap.',
    todo: 'Add photos that lead from one group to the next, each sharing most of its view with the one before.',
  },
  partial: {
    happened: 'Some of the photos were left out; the rest is used.',
    todo: 'If the missing part matters to you, add photos that lead over to it, or take those named here again.',
  },
  unplaceable: {
    happened: 'It could not be told where the photos were taken from.',
    todo: 'Take more photos that overlap: a small step sideways between them, so that each shows most of what the one before it shows.',
  },
  'gpu-missing': {
    happened: 'No graphics device can be used here.',
    todo: 'Use a recent Chrome, Edge, Firefox or Safari with WebGPU and graphics acceleration switched on, or update the graphics driver.',
  },
  'gpu-lost': {
    happened: 'The graphics device stopped working in the middle of the work.',
    todo: 'Close other programs that use the graphics card and start again; a smaller size or fewer splats helps too.',
  },
  'out-of-memory': {
    happened: 'There is not enough memory for this.',
    todo: 'Choose a smaller width, fewer splats or fewer photos, or close other programs.',
  },
  'storage-full': {
    happened: 'There is no space left to save to.',
    todo: 'Free some space or choose another place, then save again.',
  },
  'bad-file': {
    happened: 'A file cannot be used as it is.',
    todo: 'Check the file named here; copy or export it again if it is damaged.',
  },
  offline: {
    happened: 'There is no connection to the network.',
    todo: 'Connect and try again. Work on this device goes on without a network.',
  },
  'cloud-unreachable': {
    happened: 'The cloud cannot be reached from this page.',
    todo: 'Nothing has to be done: it is tried again by itself. Work on this device goes on without the cloud.',
  },
  'cloud-refused': {
    happened: 'The cloud did not accept the photos.',
    todo: 'Read the reason given here; fewer or smaller photos may help. Everything is still on this device.',
  },
  'cloud-failed': {
    happened: 'The cloud could not finish the model.',
    todo: 'Try again, or build the model on this device. The photos are still here.',
  },
  'cloud-expired': {
    happened: 'The cloud no longer has what was sent or made.',
    todo: 'Send the photos again; they are still on this device.',
  },
  cancelled: {
    happened: 'The work was stopped.',
    todo: 'Start again when you like; nothing that was saved is lost.',
  },
};
