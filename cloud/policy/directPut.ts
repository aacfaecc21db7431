/**
 * Addresses by which a file is put straight into R2, past the Worker: a request to that may have 100 MB on most of Cloudflare's plans.
 * Invariant: an address is good for one PUT of one object, of the announced length, hash and type, until one moment, and only while no object
 * of that name is there. All of it is in the signature (AWS Signature Version 4 in the query), so R2 refuses anything else.
 */
import { AwsV4Signer } from 'aws4fetch';
import { base64Of } from './base64Url.ts';
import { bytesOfHex } from './keys.ts';

/** A bucket as R2's S3 API has it. */
export interface DirectBucket {
  /** With the bucket in the path, without a slash at the end. */
  url: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface DirectFile {
  key: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
  type: string;
}

/** The longest life of a signed address that R2 takes: seven days. */
export const longestSeconds = 7 * 86_400;

/** As the signature's specification writes a moment: 20261126T000000Z. */
const moment = (ms: number): string => new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, '');

/**
 * Signs a PUT (Amazon S3 API reference, "Authenticating Requests: Using Query Parameters"; R2 takes the region "auto").
 * @param nowMs milliseconds since 1970
 * @param seconds how long the address is good, at most longestSeconds
 * @returns the address, and the headers that have to be sent just so
 */
export async function directPut(
  bucket: DirectBucket,
  { key, bytes, sha256, type }: DirectFile,
  nowMs: number,
  seconds: number,
): Promise<{ url: string; headers: Record<string, string> }> {
  const url = new URL(`${bucket.url}/${key}`);
  url.searchParams.set('X-Amz-Expires', String(Math.min(Math.floor(seconds), longestSeconds)));
  const headers = {
    'content-type': type,
    'content-length': String(bytes),
    'x-amz-checksum-sha256': base64Of(bytesOfHex(sha256)),
    // Who still has the address when the file was checked cannot put another in its place (RFC 9110, section 13.1.2).
    'if-none-match': '*',
  };
  const { accessKeyId, secretAccessKey } = bucket;
  const how = { service: 's3', region: 'auto', datetime: moment(nowMs), signQuery: true, allHeaders: true };
  const signer = new AwsV4Signer({ method: 'PUT', url: url.href, headers, accessKeyId, secretAccessKey, ...how });
  return { url: (await signer.sign()).url.href, headers };
}
