/**
 * The frame of the pages that the Worker writes itself, in the colours of the app (src/app/ui/tokens.css), light and dark.
 * Invariant: no script; the one style is that of the nonce; text is at least 4.5:1 on its ground.
 */
import { html, raw } from 'hono/html';

export type Html = ReturnType<typeof html>;

const commonStyle = `
:root{color-scheme:light dark;--ground:#f6f5f1;--card:#fff;--line:#d5d2c9;--ink:#1d1c19;--soft:#5c584f;--accent:#23635a;--on-accent:#fff;--bad:#9c2418}
@media(prefers-color-scheme:dark){:root{--ground:#16171a;--card:#1f2125;--line:#383b41;--ink:#eeede9;--soft:#a9a8a2;--accent:#7cc7b8;--on-accent:#0d2722;--bad:#f3a196}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
p{margin:.5rem 0}.soft{color:var(--soft)}.bad{color:var(--bad)}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
`;

export interface Frame {
  locale: string;
  title: string;
  /** Of this answer's content policy. */
  nonce: string;
  /** Rules of this page besides the common ones. */
  style: string;
  head?: Html | string;
}

export const pageFrame = ({ locale, title, nonce, style, head = '' }: Frame, body: Html): Html =>
  html`<!doctype html>
    <html lang="${locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        ${head}
        <style nonce="${nonce}">
          ${raw(commonStyle + style)}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html>`;
