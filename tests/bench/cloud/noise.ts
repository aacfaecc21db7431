/**
 * Large photos that are never in memory as a whole: a JPEG and noise behind its end.
 * Invariant: the same name and length give the same bytes, every time they are read.
 */
import { createCipheriv, createHash } from 'node:crypto';

const chunkBytes = 1 << 18;

/** AES-128-CTR over zeros, under a key made of the name. */
export function* noisyPhoto(base: Buffer, name: string, bytes: number): Generator<Buffer> {
  const key = createHash('sha256').update(name).digest();
  const cipher = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16));
  const zeros = Buffer.alloc(chunkBytes);
  yield base.subarray(0, bytes);
  for (let left = bytes - base.length; left > 0; left -= chunkBytes) yield cipher.update(zeros.subarray(0, Math.min(left, chunkBytes)));
}

export function hashOf(chunks: Iterable<Buffer>): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
