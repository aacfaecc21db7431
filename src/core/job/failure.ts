/**
 * Failure: what went wrong at a border, as a value. The set of codes is closed; each has its words (what happened, what to do) in
 * words.en.ts. Exceptions are bugs.
 */
export const failureCodes = [
  'too-few-photos',
  'blurry',
  'exposure-shift',
  'low-texture',
  'repeated-structure',
  'no-baseline',
  'split',
  'partial',
  'unplaceable',
  'gpu-missing',
  'gpu-lost',
  'out-of-memory',
  'storage-full',
  'bad-file',
  'offline',
  'cloud-unreachable',
  'cloud-refused',
  'cloud-failed',
  'cloud-expired',
  'cancelled',
] as const;
export type FailureCode = (typeof failureCodes)[number];

export interface Failure {
  code: FailureCode;
  /** One English sentence with the particulars (which value, which limit). The general words come from the locale file. */
  detail: string;
  /** The file the failure is about, when there is one. */
  file?: string;
  /** The photos concerned, by name. */
  photos?: string[];
}

export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (code: FailureCode, detail: string, more: Omit<Failure, 'code' | 'detail'> = {}): { ok: false; failure: Failure } => ({
  ok: false,
  failure: { code, detail, ...more },
});
