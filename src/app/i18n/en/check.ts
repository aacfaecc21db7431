/** The page's words, in English: check. */
export const check = {};
