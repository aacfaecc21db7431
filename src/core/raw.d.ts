/** A file imported with `?raw` is its text: Vite does so in bundles, scripts/node-hooks.mjs in Node. */
declare module '*?raw' {
  const text: string;
  export default text;
}
