/**
 * Refusal: a "no" with its reason, thrown from anywhere in a route and turned into the contract's CloudRefusal in one place.
 * Invariant: what it says may be read by anybody; nothing internal is in it.
 */
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { CloudRefusal } from '../../src/core/job/cloudApi.ts';

export class Refusal extends Error {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly headers: Record<string, string>;

  /**
   * @param code short and stable, for programs, e.g. "too-large"
   * @param message one English sentence: what is wrong and what to do
   */
  constructor(status: ContentfulStatusCode, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  body(): CloudRefusal {
    return { error: { code: this.code, message: this.message } };
  }
}

export const notFound = (what: string): Refusal => new Refusal(404, 'not-found', `There is no such ${what}.`);
/** @param seconds after which another try may go better */
export const later = (code: string, message: string, seconds: number, status: 429 | 503 = 503): Refusal =>
  new Refusal(status, code, message, { 'retry-after': String(Math.max(1, Math.ceil(seconds))) });
