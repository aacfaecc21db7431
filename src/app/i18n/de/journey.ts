/** The page's words, in German: the way from room to room. */
import type { journey as en } from '../en/journey.ts';
import { formatsFor } from '../format.ts';
import type { Widened } from '../widened.ts';

const { count } = formatsFor('de');

export const journey: Widened<typeof en> = {
  home: 'Meine Splats',
  storage: 'Speicher',
  language: 'Sprache',
  languages: { en: 'English', de: 'Deutsch' },
  skip: 'Zum Inhalt springen',
  opening: 'Wird geöffnet …',
  gone: 'Dieser Splat liegt nicht mehr auf diesem Gerät.',
  toHome: 'Zu meinen Splats',
  notKept: 'Dieser Browser hebt hier nichts auf (vielleicht ein privates Fenster). Ergebnisse vor dem Schließen des Tabs speichern.',

  start: {
    camera: 'Fotos aufnehmen',
    sample: 'Mit Beispielfotos ausprobieren',
    sampleAbout:
      'Zeichnet auf diesem Gerät eine kleine Szene, fotografiert sie und macht damit alles, was auch mit eigenen Fotos geschieht.',
    rendering: (done, total) => `Beispielfotos werden gezeichnet: ${count(done)}/${count(total)}`,
    takenName: 'Kamerafotos',
  },

  prepare: {
    dataset: (files) => `${count(files)} ${files === 1 ? 'Datei' : 'Dateien'} mit eigenen Kameras. Es muss nichts bestimmt werden.`,
    start: 'Starten',
    back: 'Zurück',
  },

  resume: {
    solving: 'Die Kameras haben noch nicht alle ihren Platz. Was in den Fotos gefunden wurde, ist gesichert.',
    solved: 'Die Kameras haben ihren Platz. Das Training kann beginnen.',
    training: (step, total) => `Das Training ist bei Schritt ${count(step)} von ${count(total)} gesichert.`,
    go: 'Fortsetzen',
    look: 'Die bisherigen Splats ansehen',
    photos: 'Zurück zu den Fotos',
  },

  busy: {
    heading: 'Es läuft schon etwas',
    otherTab: 'Ein anderer Tab dieser App trainiert gerade. Zwei auf einmal würden sich ausbremsen oder den Speicher sprengen.',
    thisTab: 'In diesem Tab läuft gerade ein anderes Projekt.',
    wait: 'Hier warten und dann beginnen',
    waiting: 'Warten, bis der andere Lauf zu Ende ist …',
    show: 'Den Lauf zeigen',
  },

  running: (name) => `${name} entsteht gerade`,
  keptAt: (step) => `Auf diesem Gerät gesichert: Schritt ${count(step)}`,
  keepOpen: 'Diesen Tab offen lassen; andere Tabs stören nicht.',

  actions: {
    addPhotos: 'Fotos hinzufügen',
    resume: 'Fortsetzen',
    again: 'Noch einmal versuchen',
    freeSpace: 'Platz schaffen',
    photos: 'Zurück zu den Fotos',
    home: 'Zu meinen Splats',
  },
};
