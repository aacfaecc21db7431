/** The page's words, in English: cloud. */
export const cloud = {};
