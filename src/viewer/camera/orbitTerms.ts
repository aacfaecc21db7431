/**
 * The terms that camera attributes are made of, after <model-viewer>'s grammar (a part of CSS values): numbers with a unit, `auto`,
 * `calc()` with + - * / and parentheses, and `env(window-scroll-y)`, the share of the page that is scrolled away, 0..1.
 * Invariant: any text gives terms or one clause that says what is wrong; nothing throws and nothing recurses deeper than maxDepth.
 */

/** What a number measures. Percentages become lengths as they are read. */
export type Dimension = 'number' | 'angle' | 'length';

/** Angles in radians, lengths in world units (metres). */
export interface Quantity {
  value: number;
  dimension: Dimension;
}
export type Term = Quantity | 'auto';

/** What `%` stands for: a share of this length; null where it means nothing. */
export type Whole = number | null;

const longest = 500;
const maxDepth = 24;

const units: Record<string, Quantity> = {
  '': { value: 1, dimension: 'number' },
  deg: { value: Math.PI / 180, dimension: 'angle' },
  rad: { value: 1, dimension: 'angle' },
  m: { value: 1, dimension: 'length' },
  cm: { value: 0.01, dimension: 'length' },
  mm: { value: 0.001, dimension: 'length' },
};

/** Thrown inside this file only, and caught by readTerms. */
class Malformed extends Error {}

function refuse(clause: string): never {
  throw new Malformed(clause);
}

/** A number token; a sign belongs to it only where an operand may begin. */
const numberAt = /[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy;
const wordAt = /%|[a-z][a-z-]*/iy;

interface Reader {
  text: string;
  at: number;
  depth: number;
  whole: Whole;
  scrollY: number | null;
}

function match(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0] ?? '';
  reader.at += found.length;
  return found;
}

const skipSpace = (reader: Reader): string => match(reader, /\s*/y);
const rest = (reader: Reader): string => (reader.at < reader.text.length ? `“${reader.text.slice(reader.at, reader.at + 20)}”` : 'its end');

function expect(reader: Reader, character: string): void {
  skipSpace(reader);
  if (reader.text[reader.at] !== character) refuse(`“${character}” is missing before ${rest(reader)}`);
  reader.at++;
}

function measured(digits: string, unit: string, whole: Whole): Quantity {
  if (unit === '%')
    return whole === null ? refuse('% has no meaning there') : { value: (Number(digits) / 100) * whole, dimension: 'length' };
  const name = unit.toLowerCase();
  if (!Object.hasOwn(units, name)) refuse(`“${unit}” is not a unit (deg, rad, m, cm, mm or %)`);
  const known = units[name];
  return { value: Number(digits) * known.value, dimension: known.dimension };
}

function add(a: Quantity, b: Quantity, sign: 1 | -1): Quantity {
  // As everywhere in the grammar a bare zero fits every dimension.
  if (a.dimension !== b.dimension && a.value !== 0 && b.value !== 0) refuse('calc() adds or subtracts different kinds of values');
  return { value: a.value + sign * b.value, dimension: a.dimension === 'number' ? b.dimension : a.dimension };
}

function multiply(a: Quantity, b: Quantity): Quantity {
  if (a.dimension !== 'number' && b.dimension !== 'number') refuse('calc() multiplies two values that both have a unit');
  return { value: a.value * b.value, dimension: a.dimension === 'number' ? b.dimension : a.dimension };
}

function divide(a: Quantity, b: Quantity): Quantity {
  if (b.dimension !== 'number') refuse('calc() divides by a value with a unit');
  if (b.value === 0) refuse('calc() divides by zero');
  return { value: a.value / b.value, dimension: a.dimension };
}

function environment(reader: Reader): Quantity {
  expect(reader, '(');
  skipSpace(reader);
  const name = match(reader, wordAt);
  if (name.toLowerCase() !== 'window-scroll-y') refuse(`env() knows window-scroll-y only, not ${name ? `“${name}”` : rest(reader)}`);
  expect(reader, ')');
  if (reader.scrollY === null) return refuse('it cannot follow the scroll position');
  return { value: reader.scrollY, dimension: 'number' };
}

function parenthesised(reader: Reader): Quantity {
  expect(reader, '(');
  if (++reader.depth > maxDepth) refuse('too many parentheses lie in each other');
  const value = sum(reader);
  expect(reader, ')');
  reader.depth--;
  return value;
}

function operand(reader: Reader): Quantity {
  skipSpace(reader);
  const digits = match(reader, numberAt);
  if (digits) return measured(digits, match(reader, wordAt), reader.whole);
  if (reader.text[reader.at] === '(') return parenthesised(reader);
  const before = rest(reader);
  const name = match(reader, wordAt).toLowerCase();
  if (name === 'calc') return parenthesised(reader);
  if (name === 'env') return environment(reader);
  return refuse(name === 'auto' ? 'auto cannot be calculated with' : `a value is missing before ${before}`);
}

/** The operator ahead, if it is one of these; eats it. */
function operator(reader: Reader, choices: string): string | null {
  skipSpace(reader);
  const found = reader.text[reader.at];
  if (!found || !choices.includes(found)) return null;
  reader.at++;
  return found;
}

function product(reader: Reader): Quantity {
  let value = operand(reader);
  for (let sign = operator(reader, '*/'); sign; sign = operator(reader, '*/')) {
    value = sign === '*' ? multiply(value, operand(reader)) : divide(value, operand(reader));
  }
  return value;
}

function sum(reader: Reader): Quantity {
  let value = product(reader);
  for (let sign = operator(reader, '+-'); sign; sign = operator(reader, '+-')) value = add(value, product(reader), sign === '+' ? 1 : -1);
  return value;
}

function term(reader: Reader): Term {
  if (match(reader, /auto(?![a-z0-9%(-])/iy)) return 'auto';
  if (reader.text[reader.at] === '(') return refuse('parentheses stand inside calc() only');
  const value = operand(reader);
  return Number.isFinite(value.value) ? value : refuse('a number is too large');
}

function termsOf(reader: Reader, wholes: readonly Whole[]): Term[] {
  const terms: Term[] = [];
  skipSpace(reader);
  while (reader.at < reader.text.length) {
    if (terms.length === wholes.length) refuse(`${rest(reader)} is one value too many`);
    reader.whole = wholes[terms.length];
    terms.push(term(reader));
    if (!skipSpace(reader) && reader.at < reader.text.length) refuse(`a space is missing before ${rest(reader)}`);
  }
  if (terms.length < wholes.length) refuse(`it has ${terms.length} of ${wholes.length} values`);
  return terms;
}

/**
 * Reads exactly as many terms as there are wholes (what % stands for in each). A text in place of terms is the clause that says what is
 * wrong. `scrollY` is what env(window-scroll-y) stands for; null refuses it.
 */
export function readTerms(text: string, wholes: readonly Whole[], scrollY: number | null): Term[] | string {
  if (text.length > longest) return `it is longer than ${longest} characters`;
  try {
    return termsOf({ text, at: 0, depth: 0, whole: null, scrollY }, wholes);
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    throw error;
  }
}
