/**
 * The words of the person's language. Components read `text` when they are made, so the page is mounted after the language is chosen and
 * anew when it changes.
 * Invariant: `text` is whole at any time: English until another language has been fetched.
 */
import { text as english } from './en.ts';
import type { Widened } from './widened.ts';

export type Text = Widened<typeof english>;
export const locales = ['en', 'de'] as const;
export type Locale = (typeof locales)[number];

export let text: Text = english;
export let locale: Locale = 'en';

const rememberedAs = 'locale';

/** The language chosen before, else the first of the browser's that we speak. */
export function preferredLocale(): Locale {
  const wished = [localStorage.getItem(rememberedAs), ...navigator.languages].map((tag) => tag?.slice(0, 2).toLowerCase());
  return locales.find((each) => each === wished.find((tag) => locales.includes(tag as Locale))) ?? 'en';
}

/** Fetches a language and makes it the page's. Stays with the one before when it cannot be fetched. */
export async function useLocale(wanted: Locale, { remember = false } = {}): Promise<void> {
  const words = wanted === 'en' ? english : await import('./de.ts').then(({ text: german }): Text => german).catch(() => null);
  if (!words) return;
  text = words;
  locale = wanted;
  document.documentElement.lang = wanted;
  if (remember) localStorage.setItem(rememberedAs, wanted);
}
