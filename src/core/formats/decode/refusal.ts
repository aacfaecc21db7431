/**
 * Refusal: a Failure on its way out of a decoder. Decoders sit deep inside loops over asynchronous bytes, where handing a value up through
 * every level would hide what they do.
 * Invariant: a refusal never leaves this folder; decodeSplats turns it into the value it carries.
 */
import { type Failure, type FailureCode, fail } from '../../job/failure.ts';

export class Refusal extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.detail);
    this.failure = failure;
  }
}

/** Stops decoding: "`name` `why`." becomes the failure's sentence. */
export function refuse(name: string, why: string, code: FailureCode = 'bad-file'): never {
  throw new Refusal(fail(code, `${name} ${why}.`, { file: name }).failure);
}

/** The words of anything thrown: one line of readable characters, not too long, without a full stop at the end. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .replace(/[^\x20-\x7e]+/g, ' ')
    .slice(0, 160)
    .replace(/[.\s]+$/, '');
