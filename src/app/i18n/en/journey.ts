/** The page's words, in English: the way from room to room. */
import { formatsFor } from '../format.ts';

const { count } = formatsFor('en');

export const journey = {
  home: 'My splats',
  storage: 'Storage',
  language: 'Language',
  languages: { en: 'English', de: 'Deutsch' },
  skip: 'Skip to the content',
  opening: 'Opening…',
  gone: 'This splat is not on this device any more.',
  toHome: 'To my splats',
  notKept: 'This browser keeps nothing here (a private window, perhaps). Save what you make before you close the tab.',

  start: {
    camera: 'Take photos',
    sample: 'Try with sample photos',
    sampleAbout: 'Draws a small scene on this device, photographs it and does everything with it that it does with yours.',
    rendering: (done: number, total: number): string => `Drawing sample photos ${count(done)}/${count(total)}`,
    takenName: 'Camera photos',
  },

  prepare: {
    dataset: (files: number): string =>
      files === 1
        ? '1 file with cameras of its own. Nothing has to be solved.'
        : `${count(files)} files with cameras of their own. Nothing has to be solved.`,
    start: 'Start',
    back: 'Back',
  },

  resume: {
    solving: 'Placing the cameras was left before its end. What was found in the photos is kept.',
    solved: 'The cameras are placed. Training can begin.',
    training: (step: number, total: number): string => `Training was kept at step ${count(step)} of ${count(total)}.`,
    go: 'Go on',
    look: 'Look at the splats so far',
    photos: 'Back to the photos',
  },

  busy: {
    heading: 'Another run is under way',
    otherTab: 'Another tab of this app is training. Two at once would slow each other down or run out of memory.',
    thisTab: 'A run of another project is under way in this tab.',
    wait: 'Wait here and start then',
    waiting: 'Waiting for the other run to end…',
    show: 'Show the run',
  },

  running: (name: string): string => `${name} is being made`,
  keptAt: (step: number): string => `Kept on this device: step ${count(step)}`,
  keepOpen: 'Keep this tab open; other tabs are fine.',

  actions: {
    addPhotos: 'Add photos',
    resume: 'Resume',
    again: 'Try again',
    freeSpace: 'Free space',
    photos: 'Back to the photos',
    home: 'To my splats',
  },
};
