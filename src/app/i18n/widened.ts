/** The shape of an English text with other words in it: literals become strings, functions keep their arguments. */
export type Widened<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : T extends readonly string[]
      ? readonly string[]
      : { [K in keyof T]: Widened<T[K]> };
