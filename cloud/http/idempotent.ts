/**
 * A POST that may be sent again when its answer was lost: the header Idempotency-Key names it, and the second answer is the first one.
 * Invariant: what was done under a key is not done again within a day. A refusal is no answer: it changed nothing, and the next try with
 * the same key may go better, so only what `run` returns is kept. Nothing secret may be in it, for it is kept as it is.
 */
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { sha256Hex } from '../policy/tokens.ts';
import { type Claim, claimKey, keepAnswer, releaseKey } from '../store/idempotency.ts';
import type { AppEnv } from './appEnv.ts';
import { Refusal } from './refusal.ts';

export interface Answer<T> {
  status: ContentfulStatusCode;
  body: T;
}

const json = { 'content-type': 'application/json' };

/** @throws Refusal 400 */
function keyOf(c: Context<AppEnv>): string | null {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return null;
  if (!/^[\x20-\x7e]{8,200}$/.test(key)) throw new Refusal(400, 'bad-key', 'Idempotency-Key must be 8 to 200 printable ASCII characters.');
  return key;
}

async function runClaimed<T>(c: Context<AppEnv>, claim: Claim, at: number, run: () => Promise<Answer<T>>): Promise<Answer<T>> {
  const { cloud } = c.var;
  let answer: Answer<T>;
  try {
    answer = await run();
  } catch (error) {
    await releaseKey(cloud, claim, at);
    throw error;
  }
  await keepAnswer(cloud, claim, at, answer.status, JSON.stringify(answer.body));
  return answer;
}

/**
 * Does `run` once per Idempotency-Key of the owner; without the header, always.
 * @param body what the request asks for; another one under the same key is refused
 * @throws Refusal 422 'key-reused', 409 'under-way' with Retry-After, 400 'bad-key', and whatever `run` throws
 */
export async function idempotent<T>(c: Context<AppEnv>, ownerId: string, body: unknown, run: () => Promise<Answer<T>>): Promise<Response> {
  const send = (answer: Answer<T>): Response => c.body(JSON.stringify(answer.body), answer.status, json);
  const key = keyOf(c);
  if (key === null) return send(await run());
  const requestHash = await sha256Hex(`${c.req.method} ${c.req.path} ${JSON.stringify(body)}`);
  const claim: Claim = { ownerId, key, requestHash };
  const claimed = await claimKey(c.var.cloud, claim);
  switch (claimed.kind) {
    case 'other-request':
      throw new Refusal(422, 'key-reused', 'This Idempotency-Key was used for another request; take a new one.');
    case 'under-way':
      throw new Refusal(409, 'under-way', 'The same request is under way; ask again in a moment.', { 'retry-after': '1' });
    case 'answered':
      c.header('idempotent-replayed', 'true');
      return c.body(claimed.response, claimed.status as ContentfulStatusCode, json);
    case 'begun': {
      const work = runClaimed(c, claim, claimed.at, run);
      // Who asked may hang up meanwhile; the answer is kept nevertheless.
      c.var.cloud.waitUntil(work.catch(() => undefined));
      return send(await work);
    }
  }
}
