/**
 * The recovery code: a secret to be written on paper and typed in again.
 * Invariant: 120 random bits, in Crockford's base 32, which has no I, L, O and U; a single wrong letter, and nearly every swap of two
 * neighbours, is noticed by the last letter (Luhn's sum, modulo 32) before anybody is asked.
 */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const symbols = 24;
const group = 5;

/** Luhn's sum of values, the last of which counts once. */
function luhn(values: readonly number[]): number {
  const sum = values.reduceRight((total, value, index) => {
    const weighted = (values.length - 1 - index) % 2 === 0 ? value : value * 2;
    return total + Math.floor(weighted / 32) + (weighted % 32);
  }, 0);
  return sum % 32;
}

/** The code as it is hashed: letters and digits only. */
export function newRecoveryCode(): string {
  // 256 is a multiple of 32: every letter is as likely as any other.
  const values = [...crypto.getRandomValues(new Uint8Array(symbols))].map((byte) => byte % 32);
  const check = (32 - luhn([...values, 0])) % 32;
  return [...values, check].map((value) => alphabet[value]).join('');
}

/** As it is shown. */
export const printedCode = (code: string): string => (code.match(new RegExp(`.{${group}}`, 'g')) ?? []).join('-');

/** What somebody typed, as it is hashed: O is 0, I and L are 1, spaces and hyphens do not count. Null when it is no such code. */
export function readRecoveryCode(typed: string): string | null {
  const code = typed
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  const values = [...code].map((letter) => alphabet.indexOf(letter));
  if (values.length !== symbols + 1 || values.includes(-1)) return null;
  return luhn(values) === 0 ? code : null;
}
