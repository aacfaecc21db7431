/** A file imported with `?raw` is its text: Vite does so in bundles, scripts/node-hooks.mjs in Node. */
declare module '*?raw' {
  const text: string;
  export default text;
}

/** The small build of exifr; its own types are those of Node, which the engine must not see. */
declare module 'exifr/dist/lite.esm.mjs' {
  const exifr: {
    /** Tags by name; undefined when the file holds none. Rejects, or gives `errors`, for what it cannot read. */
    parse(bytes: Uint8Array, options: object): Promise<Record<string, unknown> | undefined>;
  };
  export default exifr;
}
