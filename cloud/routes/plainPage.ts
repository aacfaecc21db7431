/**
 * The frame of the pages for operators and developers, in the colours of the app, light and dark.
 * Invariant: no script; the one style is that of the nonce.
 */
import { html, raw } from 'hono/html';
import { palette } from './palette.ts';

export type Html = ReturnType<typeof html>;

const style = `${palette}*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
header,main{max-width:72rem;margin:0 auto;padding:.75rem 1rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;justify-content:space-between}
h1{margin:0;font-size:1.25rem}h2{margin:2rem 0 .5rem;font-size:1.0625rem}h3{margin:1.25rem 0 .25rem;font-size:1rem}
p{margin:.5rem 0}.soft{color:var(--soft)}.bad{color:var(--bad)}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
code{font:.875em/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem}
th,td{text-align:left;vertical-align:top;padding:.375rem .75rem .375rem 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:500}td.number{font-variant-numeric:tabular-nums;white-space:nowrap}
button,input{font:inherit;color:inherit;padding:.5rem .75rem;border:1px solid var(--line);border-radius:.5rem;background:transparent;min-height:2.75rem}
button{cursor:pointer}button.main{background:var(--accent);border-color:var(--accent);color:var(--on-accent);font-weight:600}
form.inline{display:inline-block;margin:0 .375rem .25rem 0}
`;

interface Frame {
  title: string;
  /** Of this answer's content policy. */
  nonce: string;
  /** Rules of this page besides the common ones. */
  moreStyle?: string;
}

export const plainPage = ({ title, nonce, moreStyle = '' }: Frame, body: Html): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <style nonce="${nonce}">
          ${raw(style + moreStyle)}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html>`;
