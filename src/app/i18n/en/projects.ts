/** The page's words, in English: projects. */
export const projects = {};
