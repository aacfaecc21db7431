/** The page's words, in German: check. */
import { formatsFor } from '../format.ts';
import type { check as en } from '../en/check.ts';
import type { Widened } from '../widened.ts';

const { count, oneDecimal, bytes, percent } = formatsFor('de');
const many = (n: number, one: string, more: string): string => `${count(n)} ${n === 1 ? one : more}`;
const photosOf = (n: number): string => many(n, 'Foto', 'Fotos');
// The camera's clock knows no time zone; it is shown as it stood.
const clock = new Intl.DateTimeFormat('de', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' });

export const check: Widened<typeof en> = {
  heading: 'Fotos prüfen',
  help: 'Fotos, die der Szene schaden können, bleiben weg. Ein Foto auswählen, um es wegzulassen oder trotzdem zu verwenden.',
  verdict: ({ photos, marked, cameras, exposureStops }) =>
    [
      photosOf(photos),
      ...(marked.blurry > 0 ? [`${count(marked.blurry)} unscharf`] : []),
      ...(marked.duplicate > 0 ? [`${count(marked.duplicate)} doppelt`] : []),
      ...(marked['too-dark'] > 0 ? [`${count(marked['too-dark'])} zu dunkel`] : []),
      ...(marked['too-bright'] > 0 ? [`${count(marked['too-bright'])} zu hell`] : []),
      ...(marked.unreadable > 0 ? [`${count(marked.unreadable)} nicht lesbar`] : []),
      many(cameras, 'Kamera', 'Kameras'),
      `Helligkeit schwankt um ${oneDecimal(exposureStops)} Blendenstufen`,
    ].join(', '),
  using: (kept, photos) =>
    kept === photos
      ? photos === 1
        ? 'Das eine Foto wird verwendet.'
        : `Alle ${photosOf(photos)} werden verwendet.`
      : `${count(kept)} von ${photosOf(photos)} ${kept === 1 ? 'wird' : 'werden'} verwendet.`,
  ownCameras: (files) => `${many(files, 'Datei', 'Dateien')} mit eigenen Kameras: Hier gibt es nichts zu prüfen.`,
  none: 'Noch keine Fotos vorhanden.',
  noneShown: 'Kein Foto ist so.',

  sheet: 'Fotos',
  show: 'Anzeigen',
  filters: { all: 'Alle', kept: 'Verwendet', dropped: 'Weggelassen' },
  reasons: {
    blurry: 'Unscharf',
    duplicate: 'Doppelt',
    'too-dark': 'Zu dunkel',
    'too-bright': 'Zu hell',
    unreadable: 'Nicht lesbar',
    'by-hand': 'Von Hand weggelassen',
  },
  repeats: (name) => `Wiederholt ${name}`,
  used: 'Verwendet',
  usedAllTheSame: (reason) => `${reason}, trotzdem verwendet`,
  leftOut: (reason) => `Weggelassen: ${reason.toLowerCase()}`,
  leftOutByHand: 'Von Hand weggelassen',
  sort: 'Sortieren nach',
  sorts: { name: 'Name', sharpness: 'Unschärfste zuerst', brightness: 'Dunkelste zuerst' },
  keepAll: 'Alle verwenden',
  useSharp: 'Nur die scharfen verwenden',
  keepShown: (n) => (n === 1 ? 'Dieses verwenden' : `Diese ${count(n)} verwenden`),
  dropShown: (n) => (n === 1 ? 'Dieses weglassen' : `Diese ${count(n)} weglassen`),
  enlarge: (name) => `${name} vergrößern`,
  picture: (name) => `Foto ${name}`,

  add: 'Fotos oder ein Video hinzufügen',
  dropHere: 'Loslassen, um diese Dateien hinzuzufügen',
  nothingUseful: 'Davon lässt sich nichts hinzufügen. Möglich sind Fotos, ein Video oder ein Zip mit Fotos.',
  start: 'Starten',
  back: 'Zurück',
  stop: 'Abbrechen',
  tooFewToStart: (least) => `Mindestens ${count(least)} Fotos sind nötig.`,
  busy: {
    files: (done, total) => `Dateien werden kopiert: ${count(done)}/${count(total)}`,
    photos: (done, total) => `Fotos werden gelesen: ${count(done)}/${count(total)}`,
    frames: (done, total) => `Video wird durchgesehen: ${count(done)}/${count(total)}`,
  },

  remarks: 'Hinweise',
  photosConcerned: (names) => `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` und ${count(names.length - 5)} weitere` : ''}`,
  filesLeftOut: 'Weggelassen',
  showThem: 'Diese anzeigen',
  sortByBrightness: 'Nach Helligkeit sortieren',
  addMore: 'Fotos hinzufügen',
  makeRoom: 'Zurück und Platz schaffen',
  fine: 'In Ordnung',

  close: 'Schließen',
  previous: 'Voriges Foto',
  next: 'Nächstes Foto',
  useIt: 'Dieses Foto verwenden',
  leaveItOut: 'Dieses Foto weglassen',
  facts: {
    size: 'Größe',
    taken: 'Aufgenommen',
    camera: 'Kamera',
    focal: 'Brennweite',
    sharpness: 'Schärfe',
    brightness: 'Helligkeit',
  },
  unknown: 'nicht bekannt',
  sizeOf: (width, height, size) => (width > 0 ? `${width} × ${height} px, ${bytes(size)}` : bytes(size)),
  takenAt: (ms) => clock.format(ms),
  focalOf: (px) => `${count(px)} px`,
  sharpnessOf: (share) => `${percent(share)} der Nachbarfotos`,
  brightnessOf: (mean, dark, bright) => `im Mittel ${percent(mean)}, ${percent(dark)} schwarz, ${percent(bright)} weiß`,
  unreadable: (n) => (n === 1 ? 'Ein Foto lässt sich nicht öffnen' : `${count(n)} Fotos lassen sich nicht öffnen`),
  whyUnreadable: {
    heic: 'HEIC-Fotos öffnet dieser Browser nicht. Am iPhone für neue Fotos Einstellungen › Kamera › Formate › Maximale Kompatibilität wählen; diese als JPEG exportieren oder Safari verwenden.',
    raw: 'Rohdaten der Kamera öffnet kein Browser. Entwickeln und als JPEG exportieren.',
    tiff: 'TIFF-Fotos öffnet dieser Browser nicht. Als JPEG oder PNG exportieren.',
    other: 'Beschädigt oder kein Foto. Vom Original noch einmal kopieren.',
  },
};
