/** The page's words, in German: cloud. */
import type { cloud as en } from '../en/cloud.ts';
import { formatsFor } from '../format.ts';
import type { Widened } from '../widened.ts';

const { count, bytes, date, percent } = formatsFor('de');
const photos = (n: number): string => `${count(n)} ${n === 1 ? 'Foto' : 'Fotos'}`;
const money = ([low, high]: readonly [number, number], currency: string): string => {
  const format = new Intl.NumberFormat('de', { style: 'currency', currency });
  return low === high ? `etwa ${format.format(low)}` : `${format.format(low)} bis ${format.format(high)}`;
};

export const cloud: Widened<typeof en> = {
  open: 'Volle Qualität in der Cloud',
  title: 'Volle Qualität in der Cloud',
  what: 'Die Fotos gehen an einen Server mit großer Grafikkarte, der das Modell rechnet. Es kommt von selbst in dieses Projekt zurück; die Seite darf so lange geschlossen sein.',
  none: 'Mit dieser Seite ist keine Cloud verbunden. Der Auftrag kann im Postausgang warten, bis es eine gibt.',
  offline: 'Dieses Gerät ist offline. Der Auftrag wartet im Postausgang und geht hinaus, sobald das Netz wieder da ist.',
  asking: 'Die Cloud wird gefragt …',
  facts: {
    sent: 'Was gesendet wird',
    where: 'Wohin',
    kept: 'Wie lange es aufbewahrt wird',
    time: 'Wie lange es dauert',
    price: 'Was es kostet',
  },
  sent: (n, size) => `${photos(n)}, ${bytes(size)}`,
  sentAbout: (n, size) => `${photos(n)}, etwa ${bytes(size)}`,
  counting: 'Fotos werden gezählt …',
  noPhotos: 'Es gibt keine Fotos zu senden.',
  sameServer: (host) => `${host}, der Server dieser Seite`,
  keptDays: (days) => (days === 1 ? 'Fotos: 1 Tag, laut Server' : `Fotos: ${count(days)} Tage, laut Server`),
  keptUnknown: 'Das bestimmt der verwendete Server; wird der Auftrag hier abgebrochen, wird er auch dort gelöscht',
  minutes: (low, high) => (low === high ? `etwa ${count(low)} Min.` : `${count(low)} bis ${count(high)} Min.`),
  price: (range, currency) => money(range, currency),
  noPrice: 'Der Server nennt keinen Preis',
  unknown: 'Erst bekannt, wenn verbunden',
  compress: 'Fotos vorher verkleinern',
  compressAbout: (longestPx) => `JPEG, längere Seite ${count(longestPx)} px. Schneller gesendet; feinste Einzelheiten gehen verloren.`,
  compressing: 'Die Ersparnis wird ermittelt …',
  saved: (before, after) => `Etwa ${bytes(after)} statt ${bytes(before)}: ${percent(1 - after / before)} weniger zu senden.`,
  nothingSaved: 'Die Fotos sind schon klein: Es lässt sich nichts sparen.',
  privacy: 'Dateinamen und Aufnahmeorte werden nicht gesendet.',
  send: 'Senden',
  keep: 'In den Postausgang legen',
  notNow: 'Jetzt nicht',
  notStored: 'Der Auftrag konnte auf diesem Gerät nicht gespeichert werden.',
  status: {
    heading: 'In der Cloud',
    since: (ms) => `Aufgegeben: ${date(ms)}`,
    states: {
      waiting: 'Wartet im Postausgang',
      registering: 'Fotos werden vorbereitet',
      uploading: 'Fotos werden gesendet',
      starting: 'Auftrag wird gestartet',
      queued: 'Wartet, bis er an der Reihe ist',
      running: 'In Arbeit',
      downloading: 'Das Modell wird geholt',
      done: 'Fertig: Das Modell liegt in diesem Projekt',
      failed: 'Fehlgeschlagen',
      cancelled: 'Abgebrochen',
    },
    uploaded: (done, total) => `${count(done)} von ${photos(total)}`,
    tryAgainAt: (ms) => `Nächster Versuch: ${date(ms)}`,
    owes: 'Das Gesendete wird auf dem Server gelöscht, sobald er erreichbar ist.',
    cancel: 'Abbrechen',
    retry: 'Noch einmal versuchen',
    remove: 'Aus der Liste entfernen',
  },
  notify: {
    ask: 'Bescheid geben, wenn es fertig ist',
    why: 'Der Browser fragt dann, ob diese Seite Mitteilungen zeigen darf.',
    on: 'Eine Mitteilung kommt, wenn es fertig ist, solange diese Seite im Hintergrund offen ist.',
    denied: 'Mitteilungen sind in diesem Browser gesperrt. In seinen Einstellungen lassen sie sich für diese Seite erlauben.',
    doneTitle: 'Das Modell ist fertig',
    failedTitle: 'Die Cloud konnte das Modell nicht fertigstellen',
  },
};
