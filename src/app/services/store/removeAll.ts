/** Everything this site keeps besides projects: caches, settings, orders to the cloud. Invariant: one thing that fails keeps no other. */
import { openDatabase } from './database.ts';

type Entries = { keys(): AsyncIterable<string> };

async function removeFiles(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const names: string[] = [];
  for await (const name of (root as unknown as Entries).keys()) names.push(name);
  for (const name of names) await root.removeEntry(name, { recursive: true }).catch(() => undefined);
}

async function removeRows(): Promise<void> {
  const database = await openDatabase();
  const stores = ['projects', 'edits', 'settings', 'outbox'] as const;
  const transaction = database.transaction(stores, 'readwrite');
  await Promise.all([...stores.map((name) => transaction.objectStore(name).clear()), transaction.done]);
  database.close();
}

export async function removeAllElse(): Promise<void> {
  await Promise.allSettled([removeFiles(), removeRows()]);
  localStorage.clear();
}
