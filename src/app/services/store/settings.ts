/**
 * Small settings of the app, by name. Invariant: reading and writing never fail; where nothing can be kept a setting lasts as long as the page.
 */
import { withDatabase } from './database.ts';

const inMemory = new Map<string, unknown>();

/** What was set under this name; undefined when nothing was. The caller checks its kind: an older version may have written it. */
export async function getSetting(key: string): Promise<unknown> {
  if (inMemory.has(key)) return inMemory.get(key);
  return withDatabase((database) => database.get('settings', key)).then(
    (row) => row?.value,
    () => undefined,
  );
}

/** Keeps a value that can be cloned. */
export async function setSetting(key: string, value: unknown): Promise<void> {
  await withDatabase((database) => database.put('settings', { key, value })).then(
    () => inMemory.delete(key),
    () => inMemory.set(key, value),
  );
}
