/** The page's words, in German: what is kept on this device. */
import type { projects as en } from '../en/projects.ts';
import { formatsFor } from '../format.ts';
import type { Widened } from '../widened.ts';

const { bytes, count, date } = formatsFor('de');
const many = (n: number, one: string, more: string): string => `${count(n)} ${n === 1 ? one : more}`;

export const projects: Widened<typeof en> = {
  heading: 'Meine Splats',
  state: ({ state, photos, files, solve, training, splatFile }) => {
    if (splatFile !== null) return 'Splat-Datei';
    if (state === 'trained') return training ? `Trainiert, ${many(training.splats, 'Splat', 'Splats')}` : 'Trainiert';
    if (state === 'training') return training ? `Schritt ${count(training.step)} von ${count(training.totalSteps)}` : 'Im Training';
    if (state === 'solved')
      return solve ? `${count(solve.registered)} von ${many(solve.photos, 'Foto', 'Fotos')} haben ihren Platz` : 'Kameras platziert';
    if (files.length > 0) return many(files.length, 'Datei', 'Dateien');
    const kept = photos.filter(({ keep }) => keep).length;
    return photos.length > 0 ? `${count(kept)} von ${many(photos.length, 'Foto', 'Fotos')} behalten` : 'Leer';
  },
  facts: ({ updatedMs, bytes: size }) => `${date(updatedMs)}${size > 0 ? `, ${bytes(size)}` : ''}`,
  open: (name) => `${name} öffnen`,
  menu: (name) => `Mehr zu ${name}`,
  rename: 'Umbenennen',
  newName: 'Name',
  save: 'Als eine Datei speichern',
  saving: 'Wird gespeichert …',
  remove: 'Löschen',
  cancel: 'Abbrechen',
  keepName: 'Namen übernehmen',
  removeHeading: (name) => `${name} löschen?`,
  removeWhat: (size) => `Fotos, Kameras, Splats und Bearbeitungen sind dann endgültig weg. ${bytes(size)} werden frei.`,

  storage: {
    heading: 'Speicher auf diesem Gerät',
    used: (used, quota) => (quota === null ? `${bytes(used)} belegt` : `${bytes(used)} von ${bytes(quota)} belegt`),
    free: (free) => `${bytes(free)} frei`,
    kept: 'Der Browser bewahrt alles auf, bis es gelöscht wird.',
    mayGo: 'Der Browser darf dies löschen, wenn der Speicher voll ist. Wichtiges als Datei speichern oder um Aufbewahrung bitten.',
    notSaid: 'Dieser Browser sagt nicht, ob er dies aufbewahrt. Wichtiges als Datei speichern.',
    ask: 'Den Browser um Aufbewahrung bitten',
    refused: 'Der Browser verspricht es nicht. Oft tut er es, wenn die App installiert ist oder länger benutzt wird.',
    projects: 'Projekte nach Größe',
    none: 'Hier ist noch nichts gespeichert.',
    lighten: 'Entfernen, was sich neu berechnen lässt',
    lightenAbout: (size) => `Zwischenstände und gefundene Merkmale aller Projekte, ${bytes(size)}. Fertige Splats und Fotos bleiben.`,
    lightened: (size) => `${bytes(size)} sind jetzt frei.`,
    import: 'Eine Projektdatei öffnen',
    importing: 'Die Projektdatei wird geöffnet …',
    importAbout: 'Ein als eine Datei gespeichertes Projekt, von diesem oder einem anderen Gerät.',
    imported: (name) => `${name} ist jetzt auf diesem Gerät.`,
    all: 'Alles löschen',
    allAbout: 'Jedes Projekt, Foto und Splat und jede Einstellung dieser App auf diesem Gerät.',
    allSure: 'Wirklich alles endgültig löschen?',
    allYes: 'Ja, alles löschen',
    back: 'Zurück',
  },
};
