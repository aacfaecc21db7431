/**
 * Who may call for an attempt: the bearer of its token, who also signs every body (src/core/job/trainerApi.ts).
 * Invariant: behind it `job` is the token's job in the token's attempt, and `body` is what was signed, byte for byte.
 */
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type * as z from 'zod';
import { type Cloud, underRequest } from '../cloud.ts';
import { bytesOfHex } from '../policy/keys.ts';
import { readTrainerToken } from '../policy/trainerToken.ts';
import { count } from '../store/counters.ts';
import { type Job, getJob } from '../store/jobs.ts';
import type { AppEnv } from './appEnv.ts';
import { parseJson, readBody } from './readJson.ts';
import { Refusal } from './refusal.ts';

export interface TrainerEnv extends AppEnv {
  Variables: AppEnv['Variables'] & { job: Job; body: Uint8Array<ArrayBuffer> };
}

const maxBodyBytes = 1_000_000;
const maxAgeSeconds = 300;

export const stale = (): Refusal => new Refusal(409, 'stale', 'This attempt is over: another one has begun or the job has ended.');

function refused(cloud: Cloud, code: string, message: string): Refusal {
  count(cloud, 'refused', `trainer ${code}`);
  return new Refusal(401, code, message);
}

/** `t=<seconds>,v1=<hex>` over `<t>.<method>.<path with query>.<body>`. Compared in constant time. */
async function isSigned(request: Request, body: Uint8Array, key: CryptoKey, signature: string, t: string): Promise<boolean> {
  const { pathname, search } = new URL(request.url);
  const head = new TextEncoder().encode(`${t}.${request.method}.${pathname}${search}.`);
  const signed = new Uint8Array(head.byteLength + body.byteLength);
  signed.set(head);
  signed.set(body, head.byteLength);
  return crypto.subtle.verify('HMAC', key, bytesOfHex(signature), signed);
}

export const trainerAuth = createMiddleware<TrainerEnv>(async (c, next) => {
  const { cloud } = c.var;
  const [, bearer] = /^Bearer ([\w.-]+)$/.exec(c.req.header('authorization') ?? '') ?? [];
  const token = bearer === undefined ? null : await readTrainerToken(cloud.env, bearer);
  const id = c.req.param('id') ?? '';
  if (token?.jobId !== id) throw refused(cloud, 'bad-token', 'This is no token for this job.');
  if (token.expiresAt <= cloud.now()) throw refused(cloud, 'token-expired', 'The token of this attempt has expired.');

  const [, t, v1] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(c.req.header('x-splat-signature') ?? '') ?? [];
  if (t === undefined || v1 === undefined) throw refused(cloud, 'bad-signature', 'The call is not signed.');
  if (Math.abs(cloud.now() / 1000 - Number(t)) > maxAgeSeconds)
    throw refused(cloud, 'old-signature', `The signature is more than ${maxAgeSeconds} seconds off; look at the clock.`);
  const body = await readBody(c.req.raw, maxBodyBytes);
  if (!(await isSigned(c.req.raw, body, token.key, v1, t))) throw refused(cloud, 'bad-signature', 'The signature is wrong.');

  const job = await getJob(cloud.db, token.jobId);
  if (job?.attempt !== token.attempt) throw stale();
  c.set('cloud', underRequest(cloud, job.requestId));
  c.set('job', job);
  c.set('body', body);
  await next();
});

/** The body, which must be about the attempt that the token is of. @throws Refusal 400, 409 */
export function trainerBody<T extends { attempt: number }>(c: Context<TrainerEnv>, schema: z.ZodType<T>): T {
  const body = parseJson(c.var.body, schema);
  if (body.attempt !== c.var.job.attempt) throw stale();
  return body;
}
