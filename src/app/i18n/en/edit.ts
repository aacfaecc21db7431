/** The page's words, in English: edit. */
export const edit = {};
