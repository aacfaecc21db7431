/**
 * The words of the pages that the Worker itself writes, in the languages of the app.
 * Invariant: every language has every text (checked by the compiler).
 */
export type PageLocale = 'en' | 'de';

const en = {
  download: 'Download',
  formatNames: { ply: 'PLY, for editing', splat: 'SPLAT', spz: 'SPZ, small', sog: 'SOG, smallest' },
  madeWith: 'Made with Splat App',
  passwordHeading: 'This scene is protected',
  passwordLabel: 'Password',
  passwordSend: 'Open',
  passwordWrong: 'That is not the password.',
  passwordTooMany: 'Too many tries. Wait some minutes.',
  goneHeading: 'This link leads nowhere any more',
  goneText: 'It was withdrawn, has expired, or was never complete. Ask the person who sent it for a new one.',
  frameOf: (title: string) => `3D scene: ${title}`,
};
type Words = typeof en;

const de: Words = {
  download: 'Herunterladen',
  formatNames: { ply: 'PLY, zum Bearbeiten', splat: 'SPLAT', spz: 'SPZ, klein', sog: 'SOG, am kleinsten' },
  madeWith: 'Gemacht mit Splat App',
  passwordHeading: 'Diese Szene ist geschützt',
  passwordLabel: 'Passwort',
  passwordSend: 'Öffnen',
  passwordWrong: 'Das ist nicht das Passwort.',
  passwordTooMany: 'Zu viele Versuche. Bitte einige Minuten warten.',
  goneHeading: 'Dieser Link führt nirgendwo mehr hin',
  goneText: 'Er wurde zurückgezogen, ist abgelaufen oder war nie vollständig. Bitte die Person, die ihn geschickt hat, um einen neuen.',
  frameOf: (title) => `3D-Szene: ${title}`,
};

export const pageWords: Record<PageLocale, Words> = { en, de };

/** The first language of an Accept-Language header that there are words for; English otherwise (RFC 9110, section 12.5.4, without weights). */
export function pageLocaleOf(acceptLanguage: string | undefined): PageLocale {
  const wanted = (acceptLanguage ?? '').split(',').map((part) => part.trim().slice(0, 2).toLowerCase());
  return wanted.find((language): language is PageLocale => language === 'en' || language === 'de') ?? 'en';
}
