/**
 * Numbers, sizes and lengths of time in a person's language.
 * Invariant: what is formatted is a finite number; the unit is chosen from the number alone, so the same value always reads the same.
 */
export interface Formats {
  /** Whole number with the language's separators. */
  count(n: number): string;
  oneDecimal(n: number): string;
  /** 812 kB, 3.4 GB. */
  bytes(n: number): string;
  /** Day and time. */
  date(ms: number): string;
  day(ms: number): string;
  percent(share: number): string;
}

export function formatsFor(locale: string): Formats {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const decimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const part = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  return {
    count: (n) => whole.format(n),
    oneDecimal: (n) => decimal.format(n),
    bytes(n) {
      if (n < 1e6) return `${whole.format(n > 0 ? Math.max(1, n / 1e3) : 0)} kB`;
      return n < 1e9 ? `${whole.format(n / 1e6)} MB` : `${decimal.format(n / 1e9)} GB`;
    },
    date: (ms) => moment.format(ms),
    day: (ms) => date.format(ms),
    percent: (share) => part.format(share),
  };
}

/** A length of time in the unit that suits it. */
export function inUnits(seconds: number): { n: number; unit: 's' | 'min' | 'h' } {
  if (seconds < 55) return { n: Math.max(5, Math.round(seconds / 5) * 5), unit: 's' };
  if (seconds < 3300) return { n: Math.max(1, Math.round(seconds / 60)), unit: 'min' };
  return { n: Math.round(seconds / 360) / 10, unit: 'h' };
}
