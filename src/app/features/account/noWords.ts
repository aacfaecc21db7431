/**
 * A "no" of the cloud in the person's words.
 * Invariant: it always says what happened; the server's own English words come with it only where they tell more.
 */
import { text } from '../../i18n/text.ts';
import type { CloudNo } from '../../services/cloud/cloudCalls.ts';

export interface NoWords {
  words: string;
  /** English. */
  detail: string | null;
}

/** Reasons whose particulars only the server knows. */
const needsDetail = new Set(['bad-address', 'passkey-failed']);

export function noWords({ no, code, failure }: CloudNo): NoWords {
  const words = text.account.no;
  const known = code !== null && Object.hasOwn(words.codes, code) ? words.codes[code as keyof typeof words.codes] : null;
  if (known !== null) return { words: known, detail: code !== null && needsDetail.has(code) ? failure.detail : null };
  if (no === 'refused') return { words: words.refused, detail: failure.detail };
  if (no === 'gone' && code !== null) return { words: words.gone, detail: null };
  // The cloud names a reason for every "no"; a bare 404 is some other server's.
  const happened = no === 'gone' ? 'cloud-unreachable' : failure.code;
  return { words: `${text.failures[happened].happened} ${words.later}`, detail: null };
}
