/** Addresses for what is too large to go through the Worker: which files get one, what it is good for, and how it is set up. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import type { OutputsAnswer } from '../../src/core/job/trainerApi.ts';
import { type Config, readConfig } from '../../cloud/config.ts';
import type { Env } from '../../cloud/env.ts';
import { directPut } from '../../cloud/policy/directPut.ts';
import { modelKey } from '../../cloud/policy/objectKeys.ts';
import { modelIdOf } from '../../cloud/store/models.ts';
import { type SignedRequest, isWellSigned, signatureOf } from './sigV4.ts';
import { type Scene, givenScene } from './trainerApp.ts';

const keys = { accessKeyId: 'an-access-key', secretAccessKey: 'a+secret/key' };
const bucket = { url: 'https://account.r2.cloudflarestorage.com/splat-app', ...keys };
const bound = { R2_S3_URL: bucket.url, R2_ACCESS_KEY_ID: keys.accessKeyId, R2_SECRET_ACCESS_KEY: keys.secretAccessKey };
const nowMs = Date.UTC(2026, 10, 26, 13, 5, 9, 999);
const file = { key: 'models/mdl_a-b_c.ply', bytes: 236_000_123, sha256: '0123456789abcdef'.repeat(4), type: 'application/octet-stream' };

const putOf = async (seconds = 600): Promise<SignedRequest> => ({ method: 'PUT', ...(await directPut(bucket, file, nowMs, seconds)) });

test('the check of these tests agrees with the example that Amazon has published', () => {
  const query = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request',
    'X-Amz-Date': '20130524T000000Z',
    'X-Amz-Expires': '86400',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  };
  const url = `https://examplebucket.s3.amazonaws.com/test.txt?${new URLSearchParams(query).toString()}`;
  const example = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
  const request = { method: 'GET', url, headers: {} };
  expect(signatureOf(request, example.secretAccessKey)).toBe(query['X-Amz-Signature']);
  expect(isWellSigned(request, example, Date.UTC(2013, 4, 24, 12))).toBe(true);
  expect(isWellSigned(request, example, Date.UTC(2013, 4, 25))).toBe(false);
});

describe('an address', () => {
  test('is that of the object, and every header is signed', async () => {
    const { url, headers } = await putOf();
    expect(url.startsWith(`${bucket.url}/${file.key}?`)).toBe(true);
    expect(headers).toEqual({
      'content-type': 'application/octet-stream',
      'content-length': '236000123',
      'x-amz-checksum-sha256': 'ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8=',
      'if-none-match': '*',
    });
    const signed = 'content-length;content-type;host;if-none-match;x-amz-checksum-sha256';
    expect(Object.fromEntries(new URL(url).searchParams)).toMatchObject({
      'X-Amz-Credential': 'an-access-key/20261126/auto/s3/aws4_request',
      'X-Amz-Date': '20261126T130509Z',
      'X-Amz-Expires': '600',
      'X-Amz-SignedHeaders': signed,
    });
    expect(url).not.toContain(encodeURIComponent(keys.secretAccessKey));
  });

  test('is good for this one PUT, until its time is over', async () => {
    const put = await putOf();
    expect(isWellSigned(put, keys, nowMs)).toBe(true);
    expect(isWellSigned(put, keys, nowMs + 599_000)).toBe(true);
    expect(isWellSigned(put, keys, nowMs + 600_000)).toBe(false);
    const others: SignedRequest[] = [
      { ...put, method: 'DELETE' },
      { ...put, url: put.url.replace('.ply?', '.sog?') },
      { ...put, url: put.url.replace('splat-app', 'another') },
      { ...put, url: put.url.replace('X-Amz-Expires=600', 'X-Amz-Expires=601') },
      ...Object.keys(put.headers).map((name) => ({ ...put, headers: { ...put.headers, [name]: 'other' } })),
      ...Object.keys(put.headers).map((name) => ({
        ...put,
        headers: Object.fromEntries(Object.entries(put.headers).filter(([each]) => each !== name)),
      })),
    ];
    expect(others.map((other) => isWellSigned(other, keys, nowMs))).toEqual(others.map(() => false));
    expect(isWellSigned(put, { ...keys, secretAccessKey: 'another' }, nowMs)).toBe(false);
  });

  test('lives for seven days at most, which is all that R2 takes', async () => {
    const put = await putOf(30 * 86_400);
    expect(new URL(put.url).searchParams.get('X-Amz-Expires')).toBe('604800');
    expect(isWellSigned(put, keys, nowMs + 604_000_000)).toBe(true);
  });
});

describe('which files', () => {
  const large = { kind: 'ply' as const, bytes: 95_000_001, sha256: 'a'.repeat(64) };
  const fits = { ...large, kind: 'spz' as const, bytes: 95_000_000 };
  async function placesOf({ trainer }: Scene) {
    const { outputs } = await (await trainer.call('POST', 'outputs', { outputs: [large, fits] })).json<OutputsAnswer>();
    return outputs;
  }

  test('those with more than 95,000,000 bytes are put into the bucket, under the name that the Worker would give them', async () => {
    const scene = await givenScene({}, { env: bound });
    const [direct, through] = await placesOf(scene);
    const key = modelKey((await modelIdOf(scene.cloud, scene.job)) ?? '', 'ply');
    expect(direct?.url.split('?')[0]).toBe(`${bucket.url}/${key}`);
    expect(isWellSigned({ method: 'PUT', url: direct?.url ?? '', headers: direct?.headers ?? {} }, keys, scene.cloud.now())).toBe(true);
    // As long as the other addresses.
    expect(new URL(direct?.url ?? '').searchParams.get('X-Amz-Expires')).toBe(String(3 * 3600));
    expect(through?.url).toMatch(/^https:\/\/splat\.test\/internal\/v1\/jobs\/[\w-]+\/outputs\/spz\?/);
    expect(through?.headers).toEqual({ 'content-type': 'application/octet-stream' });
  });

  test('none where it is not set up', async () => {
    const places = await placesOf(await givenScene());
    expect(places.map(({ url }) => new URL(url).origin)).toEqual(['https://splat.test', 'https://splat.test']);
  });
});

describe('setting it up', () => {
  const read = (more: Partial<Env>): Config => readConfig({ ...env, ...more });

  test('all three or none', () => {
    expect(read({}).directBucket).toBeNull();
    expect(read({ R2_S3_URL: '', R2_ACCESS_KEY_ID: '', R2_SECRET_ACCESS_KEY: '' }).directBucket).toBeNull();
    expect(read(bound).directBucket).toEqual(bucket);
    expect(read({ ...bound, R2_S3_URL: `${bucket.url}/` }).directBucket).toEqual(bucket);
  });

  test.each(Object.keys(bound))('without %s the Worker stops and names it', (name) => {
    expect(() => read({ ...bound, [name]: undefined })).toThrow(new RegExp(`: of .*, ${name} is missing\\.$`));
    const others = Object.keys(bound).filter((other) => other !== name);
    expect(() => read({ [name]: 'x' })).toThrow(`${others.join(', ')} is missing`);
  });

  test.each([
    'account.r2.cloudflarestorage.com/splat-app',
    'https://account.r2.cloudflarestorage.com',
    `${bucket.url}?x=1`,
    'ftp://a.test/b',
  ])('%s is no address of a bucket', (url) => expect(() => read({ ...bound, R2_S3_URL: url })).toThrow('R2_S3_URL must be like'));

  test('without TLS on a machine of one’s own only', () => {
    const local = { ...bound, R2_S3_URL: 'http://127.0.0.1:8787/cdn-cgi/local/r2/s3/splat-app' };
    expect(read(local).directBucket?.url).toBe(local.R2_S3_URL);
    expect(() => read({ ...local, ENVIRONMENT: 'production' })).toThrow('R2_S3_URL must be like');
  });
});
