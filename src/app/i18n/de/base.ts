/**
 * The words of the rooms themselves in German: what en.ts says outside the feature files.
 * Invariant: every part of en.ts that has no file of its own is here, by its type.
 */
import { words } from '../../../core/job/words.de.ts';
import type { text as english } from '../en.ts';
import { formatsFor, inUnits } from '../format.ts';
import type { Widened } from '../widened.ts';

/** The parts of en.ts that are features with files of their own. */
type Feature = 'capture' | 'check' | 'projects' | 'journey' | 'edit' | 'share' | 'cloud' | 'account' | 'pwa';

const { count, oneDecimal, bytes } = formatsFor('de');
const many = (n: number, one: string, more: string): string => `${count(n)} ${n === 1 ? one : more}`;
const photosOf = (n: number): string => many(n, 'Foto', 'Fotos');
const pointsOf = (n: number): string => many(n, 'Punkt', 'Punkte');

const unitNames = { s: 's', min: 'Min.', h: 'Std.' };
const length = ({ n, unit }: ReturnType<typeof inUnits>): { n: string; unit: string } => ({
  n: Number.isInteger(n) ? count(n) : oneDecimal(n),
  unit: unitNames[unit],
});

const progressUnits = {
  files: 'Dateien',
  frames: 'Bilder',
  photos: 'Fotos',
  pairs: 'Paare',
  cameras: 'Kameras',
  steps: 'Schritt',
  views: 'Ansichten',
};

export const base: Widened<Omit<typeof english, Feature>> = {
  title: 'Splat App',
  lead: 'Aus Fotos wird eine 3D-Szene.',
  failures: words,
  bytes,
  count,
  oneDecimal,

  drop: {
    heading: 'Fotos oder ein Video hier ablegen',
    accepts:
      '30 bis 150 scharfe Fotos von einem Ort oder Gegenstand, jedes mit dem meisten aus dem vorigen im Bild, oder ein kurzes Video einmal rundherum.',
    alsoAccepts:
      'JPEG, PNG, WebP oder AVIF; MP4, MOV oder WebM; ein Zip oder ein Ordner. Ein COLMAP- oder nerfstudio-Ordner bringt seine Kameras mit. Eine Splat-Datei (.ply, .splat, .ksplat, .spz, .sog, .glb) öffnet sich im Betrachter.',
    folder: 'Ordner wählen',
    files: 'Fotos oder Video wählen',
    here: 'Loslassen, um diese Dateien zu lesen',
    privacy: 'Alles läuft auf diesem Gerät. Die Fotos werden nicht hochgeladen.',
    nothingUseful: 'Davon lässt sich nichts verwenden. Möglich sind Fotos, ein Video oder ein Zip mit Fotos.',
    unreadable: 'Diese Dateien ließen sich nicht lesen. Stattdessen über die Schaltfläche auswählen.',
  },

  options: {
    quality: 'Qualität',
    presets: {
      preview: { name: 'Vorschau', about: 'Bis zu 3.000 Schritte. Minuten mit einer Grafikkarte, ein erster Eindruck überall.' },
      full: { name: 'Voll', about: '30.000 Schritte und mehr Splats. Für eine Grafikkarte und etwas Geduld.' },
    },
    advanced: 'Weitere Einstellungen',
    fields: {
      steps: { name: 'Schritte', about: 'Wie lange trainiert wird.' },
      maxSplats: { name: 'Höchstzahl der Splats', about: 'Mehr zeigen feinere Einzelheiten und brauchen mehr Speicher.' },
      widthPx: { name: 'Fotobreite in px', about: 'Die Fotos werden auf diese Breite verkleinert.' },
    },
    automatic: 'automatisch',
    outside: (min, max) => `Eine ganze Zahl von ${count(min)} bis ${count(max)}.`,
    holdout: 'Jedes 8. Foto zurückhalten und das Ergebnis daran messen',
  },

  progress: {
    label: 'Fortschritt',
    stages: {
      read: 'Dateien werden gelesen',
      features: 'Merkmale werden gesucht',
      pairs: 'Fotos werden verglichen',
      cameras: 'Kameras werden platziert',
      photos: 'Fotos werden geladen',
      train: 'Training läuft',
      evaluate: 'Ergebnis wird gemessen',
      save: 'Wird gespeichert',
    },
    frames: 'Bilder werden ausgewählt',
    preparing: 'Wird gestartet',
    warmingUp: 'GPU wird vorbereitet',
    states: { running: 'Training läuft', paused: 'Pausiert', finished: 'Fertig', stopped: 'Beendet' },
    units: ({ unit, done, total }) => `${progressUnits[unit]} ${count(done)}/${count(total)}`,
    splats: 'Splats',
    psnr: 'PSNR',
    psnrHeldOut: 'PSNR, zurückgehaltene Fotos',
    psnrUnit: (db) => `${oneDecimal(db)} dB`,
    speed: 'Schritte pro Sekunde',
    size: 'Auflösung',
    pixels: (width, height) => `${width} × ${height} px`,
    memory: 'Eingeplanter GPU-Speicher',
    timeLeft: 'Restzeit',
    timeLeftOfStage: 'Restzeit dieses Abschnitts',
    unknown: '–',
    range: ({ lowSeconds, highSeconds }) => {
      const high = length(inUnits(highSeconds));
      const low = length(inUnits(lowSeconds));
      if (low.unit !== high.unit) return `${low.n} ${low.unit} bis ${high.n} ${high.unit}`;
      return low.n === high.n ? `etwa ${high.n} ${high.unit}` : `${low.n} bis ${high.n} ${high.unit}`;
    },
    adapter: (name) => `Läuft auf ${name}`,
  },

  controls: {
    pause: 'Pausieren',
    resume: 'Fortsetzen',
    stop: 'Beenden und behalten',
    cancel: 'Abbrechen',
    longer: (steps) => `${many(steps, 'Schritt', 'Schritte')} länger trainieren`,
  },

  preview: {
    label:
      'Live-Vorschau der Szene. Ziehen oder Pfeiltasten drehen sie, mit gehaltener Umschalttaste verschieben sie, Plus und Minus zoomen, 0 setzt die Ansicht zurück.',
    waiting: 'Die Vorschau erscheint, sobald das Training beginnt.',
    help: 'Ziehen dreht · rechte Taste oder zwei Finger verschieben · Mausrad oder Spreizen zoomt',
    reset: 'Ansicht zurücksetzen',
  },

  solve: {
    timeline: 'Von den Fotos zur Szene',
    steps: { photos: 'Fotos', matches: 'Vergleich', cameras: 'Kameras', training: 'Training' },
    states: { done: ', fertig', now: ', in Arbeit', waiting: ', noch nicht begonnen' },
    count: ({ done, total }) => `${count(done)}/${count(total)}`,
    waiting: {
      frames: 'Die schärfsten Bilder des Videos werden ausgewählt.',
      features: 'Gesucht werden Einzelheiten, die sich in anderen Fotos wiederfinden lassen.',
      pairs: 'Dieselben Einzelheiten werden von Foto zu Foto gesucht.',
      cameras: 'Die ersten beiden Kameras werden platziert.',
    },
    label:
      'Bisher gefundene Kameras und Punkte. Ziehen oder Pfeiltasten drehen, mit gehaltener Umschalttaste verschieben sie, Plus und Minus zoomen, 0 setzt die Ansicht zurück.',
    note: (cameras, photos, points) => `${count(cameras)} von ${many(photos, 'Kamera', 'Kameras')} · ${pointsOf(points)}`,
    placed: ({ registered, photos }) => {
      const place = registered === 1 ? 'hat seinen Platz' : 'haben ihren Platz';
      if (registered < photos) return `${count(registered)} von ${photosOf(photos)} ${place}.`;
      return photos === 1 ? `Das eine Foto ${place}.` : `Alle ${photosOf(photos)} ${place}.`;
    },
    quality: ({ points, meanReprojectionErrorPx }) => `${pointsOf(points)}, im Mittel ${oneDecimal(meanReprojectionErrorPx)} px daneben.`,
    leftOut: (n) => `${photosOf(n)} weggelassen`,
    reasons: {
      unreadable: 'Lässt sich nicht lesen.',
      blurry: 'Unscharf.',
      'low-texture': 'Zu wenige Einzelheiten.',
      'too-few-matches': 'Hat mit den anderen nichts gemeinsam.',
      'too-little-overlap': 'Überlappt zu wenig mit den anderen.',
      'another-group': 'Gehört zu einer Gruppe ohne Verbindung zum Rest.',
    },
  },

  save: {
    button: 'Speichern',
    busy: 'Wird gespeichert …',
    format: 'Speichern als',
    formats: {
      ply: '.ply – öffnet sich überall',
      'compressed.ply': '.compressed.ply – kleiner',
      splat: '.splat – einfache Betrachter',
      spz: '.spz – klein',
      sog: '.sog – am kleinsten',
      glb: '.glb – glTF-Szenen',
    },
    done: (name, size) => `${name} gespeichert (${bytes(size)}).`,
  },

  view: {
    open: 'Im Betrachter öffnen',
    opening: 'Wird geöffnet …',
    nothing: 'Nichts zu sehen',
    alt: (name) => `Die Szene ${name}`,
    splats: (n) => many(n, 'Splat', 'Splats'),
    controls: 'Ansicht',
    camera: 'Kamera',
    modes: { orbit: 'Umkreisen', fly: 'Fliegen' },
    flyHelp: 'Ziehen schaut umher · W A S D bewegen · E und Q auf und ab',
    full: 'Vollbild',
    leaveFull: 'Vollbild verlassen',
    background: 'Hintergrund',
    picture: 'Bild speichern',
    pictureSaved: (name) => `${name} gespeichert.`,
    noPicture: 'Noch gibt es kein Bild zu speichern.',
    compare: 'Mit Fotos vergleichen',
    photo: 'Foto',
    splat: 'Splat',
    divider: 'Trennlinie zwischen Foto und Splat',
    share: (percent) => `${percent} % Foto`,
    previous: 'Voriges Foto',
    next: 'Nächstes Foto',
    photoOf: (n, total) => `${count(n)} von ${count(total)}`,
    heldOut: 'Zurückgehalten: nicht mittrainiert',
    trainedOn: 'Mit diesem Foto wurde trainiert',
    backToTraining: 'Zurück zum Training',
  },

  warnings: {
    heading: (n) => many(n, 'Hinweis', 'Hinweise'),
  },

  problem: {
    file: (name) => `Datei: ${name}`,
    photos: (names) => `Fotos: ${names.slice(0, 6).join(', ')}${names.length > 6 ? ` und ${count(names.length - 6)} weitere` : ''}`,
    kept: (step) => `Die Splats von Schritt ${count(step)} sind noch da und lassen sich speichern.`,
    bug: {
      heading: 'In diesem Programm ist etwas schiefgegangen',
      todo: 'Das ist ein Fehler des Programms. Neu starten; passiert es noch einmal, bitte diese Zeilen melden.',
    },
  },

  noGpu: {
    heading: 'Dieser Browser kann hier nicht trainieren',
    insecure: 'Diese Seite muss über https oder auf localhost geöffnet werden; sonst verbergen Browser WebGPU.',
    works: 'Mit diesen Browsern geht es:',
    browsers: ['Chrome oder Edge ab Version 113', 'Safari ab Version 26', 'Firefox ab Version 141 unter Windows'],
    terminal: 'Im Terminal geht es auch ohne Browser:',
    command: 'npm run splat -- train ORDNER -o ZIEL',
  },
};
