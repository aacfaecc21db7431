/** The colours of the app (src/app/ui/tokens.css) for the pages that the Worker writes itself. Invariant: text is at least 4.5:1 on its ground. */
export const palette = `
:root{color-scheme:light dark;--ground:#f6f5f1;--card:#fff;--line:#d5d2c9;--ink:#1d1c19;--soft:#5c584f;--accent:#23635a;--on-accent:#fff;--bad:#9c2418}
@media(prefers-color-scheme:dark){:root{--ground:#16171a;--card:#1f2125;--line:#383b41;--ink:#eeede9;--soft:#a9a8a2;--accent:#7cc7b8;--on-accent:#0d2722;--bad:#f3a196}}
`;
