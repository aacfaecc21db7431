/**
 * The HTML of a shared scene's page: the scene as large as the window, its title, and the way to its files where they are given away.
 * Invariant: no script of its own; whatever a person typed is text (hono/html escapes it).
 */
import { html } from 'hono/html';
import type { ModelFormat } from '../../src/core/job/cloudApi.ts';
import type { PageLocale } from '../policy/pageWords.ts';
import { pageWords } from '../policy/pageWords.ts';
import { type Frame, type Html, pageFrame } from './pageFrame.ts';

const style = `body{min-height:100dvh;display:flex;flex-direction:column}
header{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;justify-content:space-between;padding:.75rem 1rem;border-bottom:1px solid var(--line)}
h1{margin:0;font-size:1.125rem;overflow-wrap:anywhere}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem;align-items:center;font-size:.875rem}
a{display:inline-block;padding:.25rem 0;min-height:1.75rem}
iframe{flex:1;width:100%;min-height:20rem;border:0;display:block}
main.note{margin:auto;padding:1.5rem;max-width:28rem;width:100%}
main.note h1{font-size:1.375rem;margin-bottom:.75rem}
form{display:grid;gap:.75rem;margin-top:1rem}
input,button{font:inherit;padding:.625rem .75rem;border-radius:.5rem;border:1px solid var(--line);background:transparent;color:inherit;min-height:2.75rem}
button{background:var(--accent);border-color:var(--accent);color:var(--on-accent);font-weight:600;cursor:pointer}
`;

const page = (frame: Omit<Frame, 'style'>, body: Html): Html => pageFrame({ ...frame, style }, body);

export interface ScenePage {
  locale: PageLocale;
  nonce: string;
  title: string;
  /** Absolute address of this page. */
  url: string;
  /** Of the frame with the viewer. */
  frameUrl: string;
  oembedUrl: string;
  pictureUrl: string | null;
  downloads: { format: ModelFormat; url: string; bytes: number }[];
}

const sizeIn = (locale: PageLocale, bytes: number): string => {
  const [unit, amount] = bytes < 1e6 ? ['kilobyte', bytes / 1e3] : ['megabyte', bytes / 1e6];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, maximumSignificantDigits: 2 }).format(amount);
};

export function scenePage({ locale, nonce, title, url, frameUrl, oembedUrl, pictureUrl, downloads }: ScenePage): Html {
  const words = pageWords[locale];
  const head = html`<meta property="og:title" content="${title}" />
    <meta property="og:type" content="website" />
    <meta property="og:url" content="${url}" />
    ${pictureUrl === null ? '' : html`<meta property="og:image" content="${pictureUrl}" />`}
    <link rel="alternate" type="application/json+oembed" href="${oembedUrl}" title="${title}" />`;
  const links = downloads.map(
    ({ format, url: href, bytes }) => html`<a href="${href}" download>${words.formatNames[format]} (${sizeIn(locale, bytes)})</a>`,
  );
  return page(
    { locale, title, nonce, head },
    html`<header>
        <h1>${title}</h1>
        <nav aria-label="${words.download}">${links.length > 0 ? html`<span class="soft">${words.download}:</span>` : ''}${links}</nav>
      </header>
      <iframe
        src="${frameUrl}"
        title="${words.frameOf(title)}"
        allow="fullscreen; xr-spatial-tracking; gyroscope; accelerometer"
      ></iframe>`,
  );
}

export function passwordPage(locale: PageLocale, nonce: string, problem: 'passwordWrong' | 'passwordTooMany' | null): Html {
  const words = pageWords[locale];
  return page(
    { locale, title: words.passwordHeading, nonce },
    html`<main class="note">
      <h1>${words.passwordHeading}</h1>
      <form method="post">
        <label for="password">${words.passwordLabel}</label>
        <input id="password" name="password" type="password" autocomplete="off" required autofocus />
        ${problem === null ? '' : html`<p class="bad" role="alert">${words[problem]}</p>`}
        <button>${words.passwordSend}</button>
      </form>
    </main>`,
  );
}

export function gonePage(locale: PageLocale, nonce: string): Html {
  const words = pageWords[locale];
  return page(
    { locale, title: words.goneHeading, nonce },
    html`<main class="note">
      <h1>${words.goneHeading}</h1>
      <p class="soft">${words.goneText}</p>
    </main>`,
  );
}
