/**
 * What a push message says: that a job has ended, in the person's language.
 * Invariant: no name of a project, a photo or a person is in it; it may stand on a locked screen.
 */
import { base64UrlOf } from './base64Url.ts';

export const pushLocales = ['en', 'de'] as const;
export type PushLocale = (typeof pushLocales)[number];
/** Ends that are told; who cancelled knows. */
export type ToldEnd = 'completed' | 'failed';

/** The same words as the app has for its own notice. */
const words: Record<PushLocale, Record<ToldEnd, { title: string; body: string }>> = {
  en: {
    completed: { title: 'The model is ready', body: 'Open the app to look at it.' },
    failed: { title: 'The cloud could not finish the model', body: 'Open the app to see why and what helps.' },
  },
  de: {
    completed: { title: 'Das Modell ist fertig', body: 'Zum Ansehen die App öffnen.' },
    failed: { title: 'Die Cloud konnte das Modell nicht fertigstellen', body: 'In der App steht, woran es lag und was hilft.' },
  },
};

/**
 * Declarative Web Push: a browser that knows it shows the notice by itself, in others the service worker reads the same JSON.
 * https://webkit.org/blog/16535/meet-declarative-web-push/
 */
export interface PushMessage {
  web_push: 8030;
  notification: { title: string; body: string; lang: PushLocale; navigate: string; tag: string };
}

/** @param appBase where the app is, e.g. "https://splat.example" */
export function pushMessage(job: { id: string; end: ToldEnd }, locale: PushLocale, appBase: string): PushMessage {
  const navigate = new URL('/', appBase);
  navigate.searchParams.set('cloud-job', job.id);
  return { web_push: 8030, notification: { ...words[locale][job.end], lang: locale, navigate: navigate.href, tag: job.id } };
}

/** RFC 8030, section 5.4: a newer message about the same job replaces one that still waits. 32 characters that do not name the job. */
export async function topicOf(jobId: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(jobId));
  return base64UrlOf(new Uint8Array(hash, 0, 24));
}
