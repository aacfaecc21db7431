/** Files that hold a whole project. Invariant: told by the name alone; what is inside is judged when it is opened. */
export const isProjectFile = (name: string): boolean => /\.splatproject\.zip$/i.test(name);
