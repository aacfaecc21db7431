/** Everything this site keeps besides projects: caches, settings, orders to the cloud. Invariant: one thing that fails keeps no other. */
import { withDatabase } from './database.ts';

type Entries = { keys(): AsyncIterable<string> };

async function removeFiles(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const names: string[] = [];
  for await (const name of (root as unknown as Entries).keys()) names.push(name);
  for (const name of names) await root.removeEntry(name, { recursive: true }).catch(() => undefined);
}

const removeRows = (): Promise<unknown> =>
  withDatabase((database) => {
    const stores = ['projects', 'edits', 'settings', 'outbox'] as const;
    const transaction = database.transaction(stores, 'readwrite');
    return Promise.all([...stores.map((name) => transaction.objectStore(name).clear()), transaction.done]);
  });

/** The program kept for use without a network is fetched again by the next visit. */
async function removeCaches(): Promise<void> {
  if (typeof caches === 'undefined') return;
  await Promise.allSettled((await caches.keys()).map((name) => caches.delete(name)));
}

/** Where the service worker lays files from a share menu (workers/service/sharedFiles.ts). One that is open goes when it is closed. */
const sharedDatabase = 'splat-app-shared';

/** Everything of this site but what the caller removed already. Never rejects. */
export async function removeAllElse(): Promise<void> {
  await Promise.allSettled([removeFiles(), removeRows(), removeCaches()]);
  if (typeof indexedDB !== 'undefined') indexedDB.deleteDatabase(sharedDatabase);
  if (typeof localStorage !== 'undefined') localStorage.clear();
}
