/** The page's words, in German: taking photos with the camera. */
import type { LockPart } from '../../services/cameraControls.ts';
import type { capture as en } from '../en/capture.ts';
import { formatsFor } from '../format.ts';
import type { Widened } from '../widened.ts';

const { count } = formatsFor('de');

const parts: Record<LockPart, string> = { exposure: 'Helligkeit', whiteBalance: 'Farbe', focus: 'Schärfe' };

export const capture: Widened<typeof en> = {
  label: 'Fotos aufnehmen',
  video: 'Was die Kamera sieht',
  shutter: 'Foto aufnehmen',
  automatic: 'Auto',
  automaticLong: 'Automatisch auslösen',
  lock: 'Sperren',
  lockLong: 'Helligkeit, Farbe und Schärfe sperren',
  torch: 'Licht',
  switchCamera: 'Kamera',
  switchLong: 'Zur nächsten Kamera wechseln',
  tips: 'Tipps',
  close: 'Schließen',
  finish: 'Fertig',
  starting: 'Die Kamera startet …',
  paused: 'Die Kamera pausiert.',
  shots: (n, goal) => (n < goal ? `${count(n)} von ${count(goal)} Fotos` : `${count(n)} Fotos`),
  taken: (n) => (n === 1 ? '1 Foto aufgenommen.' : `${count(n)} Fotos aufgenommen.`),
  lastShots: 'Letzte Fotos',
  shot: (n) => `Foto ${count(n)}`,
  remove: (n) => `Foto ${count(n)} löschen`,
  removed: (n) => `Foto ${count(n)} gelöscht.`,
  automaticOn: 'Die Automatik ist an: langsam um das Motiv gehen.',
  automaticOff: 'Die Automatik ist aus.',
  locked: (held) => `Gesperrt: ${held.map((part) => parts[part]).join(', ')}.`,
  unlocked: 'Die Kamera stellt sich wieder selbst ein.',
  notLockable: 'Diese Kamera lässt sich von einer Webseite aus nicht sperren. Stattdessen auf gleichmäßiges Licht achten.',
  lockFailed: 'Die Kamera hat die Sperre nicht behalten.',
  torchFailed: 'Das Licht ließ sich nicht schalten.',
  guide: {
    'too-dark': 'Zu dunkel. Mehr Licht machen.',
    'moving-too-fast': 'Bitte langsamer.',
    blurry: 'Unscharf. Ruhig halten.',
    'low-light': 'Wenig Licht. Sehr ruhig halten.',
    'too-bright': 'Zu hell. Vom Licht wegdrehen.',
    'too-plain': 'Zu eintönig. Etwas mit Muster zeigen.',
    'too-similar': 'Einen Schritt zur Seite gehen.',
    good: 'Gut so.',
  },
  kinds: { stop: 'Halt', warning: 'Warnung', hint: 'Als Nächstes', good: 'Gut' },
  troubles: {
    insecure: { happened: 'Kameras brauchen eine sichere Seite', todo: 'Diese Seite über https oder auf localhost öffnen.' },
    unsupported: {
      happened: 'Dieser Browser bietet keine Kamera an',
      todo: 'Die Fotos mit der Kamera-App aufnehmen und hier auswählen.',
    },
    'no-camera': {
      happened: 'Keine Kamera gefunden',
      todo: 'Eine anschließen oder mit dem Handy fotografieren und die Fotos hier auswählen.',
    },
    refused: {
      happened: 'Die Kamera ist nicht erlaubt',
      todo: 'Die Kamera in den Einstellungen des Browsers für diese Seite erlauben, dann noch einmal versuchen.',
    },
    'in-use': {
      happened: 'Die Kamera ist belegt',
      todo: 'Andere Programme und Tabs schließen, die sie benutzen, dann noch einmal versuchen.',
    },
    ended: { happened: 'Die Kamera hat aufgehört', todo: 'Vielleicht hat ein anderes Programm sie übernommen. Die Fotos sind sicher.' },
    unplugged: { happened: 'Die Kamera wurde abgezogen', todo: 'Wieder anschließen oder eine andere nehmen. Die Fotos sind sicher.' },
    interrupted: {
      happened: 'Die Kamera ist unterbrochen',
      todo: 'Sie läuft von selbst weiter, wenn der Anruf oder die andere App endet.',
    },
    'photo-failed': { happened: 'Dieses Foto ist nicht gelungen', todo: 'Noch einmal versuchen.' },
    failed: {
      happened: 'Die Kamera ließ sich nicht starten',
      todo: 'Noch einmal versuchen oder Fotos aus der Kamera-App auswählen.',
    },
  },
  retry: 'Noch einmal versuchen',
  howTo: {
    heading: 'So gelingen die Fotos',
    picture: 'Eine Kamera geht um einen Gegenstand herum und sieht ihn von allen Seiten an.',
    steps: [
      'Herumgehen. Sich auf der Stelle zu drehen hilft nicht.',
      'Drei Runden: tief, auf Augenhöhe und von oben.',
      'Jedes Foto soll das meiste mit dem vorigen gemeinsam haben.',
      'Die Helligkeit sperren, wo die Kamera es anbietet. Nichts soll sich bewegen.',
    ],
    start: 'Starten',
  },
  leave: {
    heading: (n) => (n === 1 ? 'Mit 1 Foto aufhören?' : `Mit ${count(n)} Fotos aufhören?`),
    about: 'Sie lassen sich so verwenden, wie sie sind, oder verwerfen.',
    use: 'Verwenden',
    discard: 'Verwerfen',
    stay: 'Weiter fotografieren',
  },
};
