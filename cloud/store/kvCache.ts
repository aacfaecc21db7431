/**
 * Look-ups kept at the edge: which model a share leads to, and which files a model has.
 * Invariant: D1 is the truth and KV a copy that lives a minute; who changes the truth drops the copy, and elsewhere on the edge the copy
 * is gone a minute later at most.
 */
import type { Cloud } from '../cloud.ts';

/** The least that KV allows. */
const seconds = 60;

export type CachedName = `share:${string}` | `model:${string}`;

/**
 * The value of a name: the copy, or the truth, of which a copy is made.
 * @param look asks D1; null is not kept, so that what appears is there at once
 */
export async function cached<T>(cloud: Cloud, name: CachedName, look: () => Promise<T | null>): Promise<T | null> {
  const copy = await cloud.env.CACHE.get<T>(name, 'json');
  if (copy !== null) return copy;
  const truth = await look();
  if (truth !== null) cloud.waitUntil(cloud.env.CACHE.put(name, JSON.stringify(truth), { expirationTtl: seconds }));
  return truth;
}

export async function forgetCached(cloud: Cloud, names: readonly CachedName[]): Promise<void> {
  await Promise.all(names.map((name) => cloud.env.CACHE.delete(name)));
}
