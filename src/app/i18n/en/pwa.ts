/** The page's words, in English: pwa. */
export const pwa = {};
