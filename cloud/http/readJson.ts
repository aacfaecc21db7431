/**
 * Reading the JSON body of a request.
 * Invariant: no more than the limit is ever held in memory, whatever the request says of its length; what comes out is of its type.
 */
import type { Context } from 'hono';
import * as z from 'zod';
import { Refusal } from './refusal.ts';

const tooLarge = (maxBytes: number): Refusal => new Refusal(413, 'too-large', `The body may have at most ${maxBytes} bytes.`);

/** The body, counted while it comes in. @throws Refusal 413 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.byteLength;
    if (length > maxBytes) throw tooLarge(maxBytes);
    parts.push(part);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** @throws Refusal 400 when it is no JSON or not of the schema, naming the field */
export function parseJson<T>(bytes: Uint8Array, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    throw new Refusal(400, 'bad-json', 'The body is not JSON.');
  }
  const read = schema.safeParse(json);
  if (!read.success) throw new Refusal(400, 'bad-request', z.prettifyError(read.error).slice(0, 500));
  return read.data;
}

/** @throws Refusal 413, 400 */
export async function readJson<T>(c: Context, schema: z.ZodType<T>, maxBytes = 64 * 1024): Promise<T> {
  return parseJson(await readBody(c.req.raw, maxBytes), schema);
}
