/** The page's words, in English: the app as an installed program. */
import { formatsFor } from '../format.ts';

const { bytes } = formatsFor('en');

export const pwa = {
  update: {
    label: 'New version',
    ready: 'A new version of Splat App is here.',
    about: 'It takes a moment. Everything kept on this device stays.',
    reload: 'Reload',
    later: 'Later',
  },
  offline: {
    filling: (done: number, total: number): string => `Getting ready to work without a network: ${bytes(done)} of ${bytes(total)}`,
    ready: 'Works without a network',
    incomplete: 'Not everything is on this device yet. It goes on when there is a network.',
  },
  install: {
    button: 'Install the app',
    about: 'Opens in its own window and works without a network.',
    installed: 'Installed.',
    byHand: 'To have Splat App on the home screen: tap Share, then “Add to Home Screen”.',
  },
};
