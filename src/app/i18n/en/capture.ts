/** The page's words, in English: capture. */
export const capture = {};
