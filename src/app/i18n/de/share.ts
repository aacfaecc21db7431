/** The page's words, in German: share. */
import { formatsFor } from '../format.ts';
import type { share as en } from '../en/share.ts';
import type { Widened } from '../widened.ts';

const { bytes, count } = formatsFor('de');
const splats = (n: number): string => `${count(n)} ${n === 1 ? 'Splat' : 'Splats'}`;

export const share: Widened<typeof en> = {
  heading: 'Speichern und teilen',
  reading: 'Splats werden gelesen …',
  goesOut: (n, before) => (n === before ? splats(n) : `${count(n)} von ${splats(before)}, wie bearbeitet`),
  save: 'Speichern',
  share: 'Teilen',
  busy: 'Wird vorbereitet …',
  saveOf: (what) => `${what} speichern`,
  shareOf: (what) => `${what} teilen`,
  saved: (name, size) => `${name} gespeichert (${bytes(size)}).`,
  shared: 'Geteilt.',
  pressAgain: 'Die Datei ist fertig. Bitte noch einmal auf Teilen tippen.',
  notShared: 'Dieses Gerät teilt die Datei nicht. Speichern und selbst weitergeben geht immer.',
  size: (n) => bytes(n),
  sizeAbout: (n) => `etwa ${bytes(n)}`,
  sizeUnknown: '…',

  files: {
    heading: 'Splat-Datei',
    names: { ply: 'PLY', 'compressed.ply': 'PLY, komprimiert', splat: 'SPLAT', spz: 'SPZ', sog: 'SOG', glb: 'GLB' },
    about: {
      ply: 'Volle Qualität. Öffnet sich in jedem Splat-Programm und lässt sich weiter bearbeiten.',
      'compressed.ply': 'Ein Viertel der Größe, für Programme ohne SPZ.',
      splat: 'Klein und einfach, von jeder Seite dieselbe Farbe.',
      spz: 'Klein mit wenig Verlust. Zum Verschicken und für Handys.',
      sog: 'Fürs Web. Bei großen Szenen am kleinsten, doch sie zu schreiben dauert lange.',
      glb: 'Für glTF-Szenen und 3D-Programme (KHR_gaussian_splatting).',
    },
  },

  page: {
    heading: 'Webseite',
    about: 'Eine .html-Datei mit Betrachter und Szene darin. Öffnet sich in jedem Browser, auch ohne Netz.',
    what: 'Webseite',
    large: (size) => `Die Seite hat ${bytes(size)}. Safari und Handys öffnen mehr als 100 MB womöglich nicht.`,
    noScript: 'Die 3D-Szene braucht JavaScript.',
    broken: 'Dieser Browser kann die 3D-Szene nicht zeigen. Ein neuerer kann es.',
  },

  picture: {
    heading: 'Bild',
    about: 'Ein PNG von dem, was gerade zu sehen ist.',
    what: 'Bild',
    sizes: 'Größe in px',
    pixels: (width, height) => `${width} × ${height}`,
  },

  video: {
    heading: 'Rundum-Video',
    about: 'Eine Umdrehung um die Szene, von der jetzigen Kamera aus.',
    what: 'Video',
    seconds: 'Länge',
    secondsOf: (n) => `${n} Sekunden`,
    size: 'Größe',
    sizes: { '720p': '1280 × 720', '1080p': '1920 × 1080', square: '1080 × 1080' },
    direction: 'Richtung',
    directions: { right: 'Nach rechts', left: 'Nach links' },
    make: 'Video erstellen',
    stop: 'Abbrechen',
    progress: (done, total) => `Bild ${count(done)} von ${count(total)}`,
    progressLabel: 'Bilder des Videos',
    ready: (kind, size) => `Das Video ist fertig (${kind}, ${bytes(size)}).`,
    stopped: 'Abgebrochen. Nichts wurde gespeichert.',
    missing: 'Dieser Browser kann keine Videos schreiben. Chrome, Edge, Safari 17 und Firefox 130 am Computer oder neuer können es.',
    tooLarge: 'Dieser Browser kann kein Video dieser Größe schreiben. Eine kleinere versuchen.',
    nothing: 'Noch gibt es nichts zu filmen.',
    failed: 'Das Video wurde nicht fertig.',
  },

  embed: {
    heading: 'Auf einer Website zeigen',
    about: 'Die Szene als SPZ speichern, auf den eigenen Webserver legen und eines davon in die Seite kopieren.',
    element: 'Als Element',
    frame: 'Als Rahmen',
    copy: 'Kopieren',
    copyOf: (what) => `Code kopieren: ${what}`,
    copied: 'Kopiert.',
    selected: 'Markiert: Strg+C oder Cmd+C drücken.',
  },

  project: {
    heading: 'Ganzes Projekt',
    about: 'Fotos, Kameras, Splats und Bearbeitung in einer Datei, um anderswo weiterzumachen.',
    save: 'Projekt speichern',
  },
};
