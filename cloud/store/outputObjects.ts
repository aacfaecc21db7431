/**
 * Outputs of a trainer as objects in R2.
 * Invariant: an object is whole or not there, and what a model is finished with is what was announced: its length, its hash, its beginning.
 */
import { servedKinds } from '../policy/objectKeys.ts';
import { beginBytes, looksLike } from '../policy/outputLimits.ts';
import { hexOf } from '../policy/tokens.ts';
import type { ModelFileRow } from './models.ts';

export type StoreOutcome = 'stored' | 'wrong-length' | 'wrong-hash';

const says = (result: PromiseSettledResult<unknown>, words: RegExp): boolean =>
  result.status === 'rejected' && words.test(String(result.reason));

/**
 * Streams a file into R2, which checks its hash; what is there of the same name stays until the new one is whole.
 * @throws when R2 or the connection fails
 */
export async function storeOutput(
  bucket: R2Bucket,
  file: Pick<ModelFileRow, 'objectKey' | 'bytes' | 'sha256'> & { type: string },
  body: ReadableStream<Uint8Array>,
): Promise<StoreOutcome> {
  const { readable, writable } = new FixedLengthStream(file.bytes);
  const put = bucket.put(file.objectKey, readable, { sha256: file.sha256, httpMetadata: { contentType: file.type } });
  const [stored, poured] = await Promise.allSettled([put, body.pipeTo(writable)]);
  // Which of the two is told of it depends on who was waiting for whom.
  if (says(poured, /FixedLengthStream/) || says(stored, /FixedLengthStream/)) return 'wrong-length';
  // R2's error 10037: the checksum is another one.
  if (says(stored, /10037|checksum/i)) return 'wrong-hash';
  if (stored.status === 'rejected') throw stored.reason;
  if (poured.status === 'rejected') throw poured.reason;
  return 'stored';
}

/** SHA-256 of an object, hexadecimal: what R2 knows of it, else reckoned from the bytes, none of which are held. Null when it is gone. */
async function hashOf(bucket: R2Bucket, { key, checksums }: R2Object): Promise<string | null> {
  if (checksums.sha256) return hexOf(checksums.sha256);
  const object = await bucket.get(key);
  if (!object) return null;
  const digest = new crypto.DigestStream('SHA-256');
  await object.body.pipeTo(digest);
  return hexOf(await digest.digest);
}

/** What is wrong with a file in R2, in a few words; null when it is the one that was announced and looks like its format. */
export async function outputProblem(bucket: R2Bucket, { kind, bytes, sha256, objectKey }: ModelFileRow): Promise<string | null> {
  const object = await bucket.head(objectKey);
  if (!object) return 'not there';
  if (object.size !== bytes) return `${object.size} bytes instead of ${bytes}`;
  if ((await hashOf(bucket, object)) !== sha256) return 'another hash';
  const format = servedKinds.find((served) => served === kind);
  if (!format) return null;
  const begin = await bucket.get(objectKey, { range: { offset: 0, length: Math.min(beginBytes, bytes) } });
  const start = new Uint8Array((await begin?.arrayBuffer()) ?? new ArrayBuffer(0));
  return looksLike(format, start, bytes) ? null : 'not of this format';
}
