/** The page's words, in English: journey. */
export const journey = {};
