/** The page's words, in German: the app as an installed program. */
import { formatsFor } from '../format.ts';
import type { pwa as en } from '../en/pwa.ts';
import type { Widened } from '../widened.ts';

const { bytes } = formatsFor('de');

export const pwa: Widened<typeof en> = {
  update: {
    label: 'Neue Version',
    ready: 'Eine neue Version von Splat App ist da.',
    about: 'Das dauert einen Augenblick. Alles auf diesem Gerät bleibt erhalten.',
    reload: 'Neu laden',
    later: 'Später',
  },
  offline: {
    filling: (done, total) => `Wird für die Nutzung ohne Netz vorbereitet: ${bytes(done)} von ${bytes(total)}`,
    ready: 'Funktioniert ohne Netz',
    incomplete: 'Noch ist nicht alles auf diesem Gerät. Sobald ein Netz da ist, geht es weiter.',
  },
  install: {
    button: 'App installieren',
    about: 'Öffnet sich in einem eigenen Fenster und funktioniert ohne Netz.',
    installed: 'Installiert.',
    byHand: 'Für Splat App auf dem Home-Bildschirm: „Teilen“ antippen, dann „Zum Home-Bildschirm“.',
  },
};
