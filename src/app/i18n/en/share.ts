/** The page's words, in English: share. */
export const share = {};
