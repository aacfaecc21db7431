/**
 * The general words of every Failure in German; see words.en.ts.
 * Invariant: every code has both sentences, and neither blames the person.
 */
import type { FailureCode } from './failure.ts';
import type { FailureWords } from './words.en.ts';

export const words: Record<FailureCode, FailureWords> = {
  'too-few-photos': {
    happened: 'Für eine Szene sind es zu wenige Fotos.',
    todo: 'Weitere Fotos von anderen Standorten oder ein Video rund um das Motiv hinzufügen; gut sind 30 bis 150 Fotos von einem Motiv.',
  },
  blurry: {
    happened: 'Viele der Fotos sind unscharf.',
    todo: 'Mit mehr Licht oder kürzerer Belichtung noch einmal aufnehmen und die Kamera dabei ruhig halten; beim Filmen langsam bewegen.',
  },
  'exposure-shift': {
    happened: 'Die Helligkeit ändert sich stark von Foto zu Foto.',
    todo: 'Belichtung und Weißabgleich an der Kamera festhalten und die Fotos noch einmal aufnehmen.',
  },
  'low-texture': {
    happened: 'Die Fotos zeigen zu wenige Einzelheiten, an denen sich die Szene festmachen lässt.',
    todo: 'Kahle Wände und glänzende Flächen meiden oder gemusterte Dinge ins Bild stellen.',
  },
  'repeated-structure': {
    happened: 'Teile der Szene sehen sich so ähnlich, dass sie verwechselt wurden.',
    todo: 'Fotos hinzufügen, die die ähnlichen Teile zusammen mit etwas zeigen, das sie unterscheidet.',
  },
  'no-baseline': {
    happened: 'Die Kamera hat sich nur auf der Stelle gedreht, daraus lässt sich keine Tiefe ablesen.',
    todo: 'Zwischen den Fotos zur Seite gehen: um das Motiv herum, statt sich nur zu drehen.',
  },
  split: {
    happened: 'Die Fotos zerfallen in Gruppen, die sich nicht überlappen.',
    todo: 'Fotos hinzufügen, die von einer Gruppe zur nächsten führen; jedes soll das meiste mit dem vorigen gemeinsam haben.',
  },
  partial: {
    happened: 'Einige Fotos wurden weggelassen, die übrigen werden verwendet.',
    todo: 'Wenn der fehlende Teil wichtig ist, Fotos hinzufügen, die dorthin führen, oder die hier genannten noch einmal aufnehmen.',
  },
  unplaceable: {
    happened: 'Es ließ sich nicht bestimmen, von wo die Fotos aufgenommen wurden.',
    todo: 'Mehr Fotos aufnehmen, die sich überlappen: jeweils ein kleiner Schritt zur Seite, sodass jedes das meiste vom vorigen zeigt.',
  },
  'gpu-missing': {
    happened: 'Hier lässt sich keine Grafikeinheit verwenden.',
    todo: 'Ein aktuelles Chrome, Edge, Firefox oder Safari mit WebGPU und eingeschalteter Grafikbeschleunigung verwenden oder den Grafiktreiber aktualisieren.',
  },
  'gpu-lost': {
    happened: 'Die Grafikeinheit ist mitten in der Arbeit ausgefallen.',
    todo: 'Andere Programme schließen, die die Grafikkarte nutzen, und neu starten; kleinere Bilder oder weniger Splats helfen ebenfalls.',
  },
  'out-of-memory': {
    happened: 'Dafür reicht der Arbeitsspeicher nicht.',
    todo: 'Eine kleinere Breite, weniger Splats oder weniger Fotos wählen oder andere Programme schließen.',
  },
  'storage-full': {
    happened: 'Zum Speichern ist kein Platz mehr.',
    todo: 'Platz schaffen oder einen anderen Ort wählen, dann noch einmal speichern.',
  },
  'bad-file': {
    happened: 'Eine Datei lässt sich so nicht verwenden.',
    todo: 'Die hier genannte Datei prüfen; ist sie beschädigt, noch einmal kopieren oder exportieren.',
  },
  offline: {
    happened: 'Es besteht keine Verbindung zum Netz.',
    todo: 'Verbinden und noch einmal versuchen. Die Arbeit auf diesem Gerät geht auch ohne Netz weiter.',
  },
  'cloud-unreachable': {
    happened: 'Die Cloud ist von dieser Seite aus nicht erreichbar.',
    todo: 'Es ist nichts zu tun: Der nächste Versuch kommt von selbst. Die Arbeit auf diesem Gerät geht auch ohne Cloud weiter.',
  },
  'cloud-refused': {
    happened: 'Die Cloud hat die Fotos nicht angenommen.',
    todo: 'Den hier genannten Grund lesen; weniger oder kleinere Fotos können helfen. Auf diesem Gerät ist noch alles da.',
  },
  'cloud-failed': {
    happened: 'Die Cloud konnte das Modell nicht fertigstellen.',
    todo: 'Noch einmal versuchen oder das Modell auf diesem Gerät rechnen. Die Fotos sind noch hier.',
  },
  'cloud-expired': {
    happened: 'Die Cloud hat das Gesendete oder das Ergebnis nicht mehr.',
    todo: 'Die Fotos noch einmal senden; sie sind noch auf diesem Gerät.',
  },
  cancelled: {
    happened: 'Die Arbeit wurde beendet.',
    todo: 'Ein neuer Start ist jederzeit möglich; nichts Gespeichertes geht verloren.',
  },
};
