/**
 * Files that another program shares with the app: received as a form, kept until the page takes them.
 * Invariant: each hand-over is given out once; taking and deleting are one transaction. What nobody took within a day is gone.
 */
import { type Result, fail, ok } from '../../src/core/job/failure.ts';

const dayMs = 24 * 3600_000;
/** Room beside the files themselves, for the browser's own book-keeping. */
const spareBytes = 16 * 1024 * 1024;

interface HandOver {
  sinceMs: number;
  result: Result<File[]>;
}

/** Where hand-overs wait. */
export interface Shelf {
  put(handOver: HandOver): Promise<void>;
  /** Everything on the shelf, which is empty afterwards. */
  takeAll(): Promise<HandOver[]>;
}

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB gave no reason.'));
  });

const finished = (transaction: IDBTransaction): Promise<void> =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB gave no reason.'));
  });

/** A shelf in IndexedDB, which keeps files by reference: a long video is not read into memory. */
export function openShelf(factory: IDBFactory): Shelf {
  const name = 'splat-app-shared';
  async function inStore<T>(work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
    const opening = factory.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(name, { autoIncrement: true });
    const database = await settled(opening);
    try {
      const transaction = database.transaction(name, 'readwrite');
      const [value] = await Promise.all([work(transaction.objectStore(name)), finished(transaction)]);
      return value;
    } finally {
      database.close();
    }
  }
  return {
    put: (handOver) => inStore(async (store) => void (await settled(store.add(handOver)))),
    takeAll: () =>
      inStore(async (store) => {
        const all = settled(store.getAll() as IDBRequest<HandOver[]>);
        store.clear();
        return all;
      }),
  };
}

/** The files of a shared form, whatever its fields are called. */
async function filesOf(request: Request): Promise<Result<File[]>> {
  const form = await request.formData().catch(() => null);
  if (!form) return fail('bad-file', 'The shared files could not be read.');
  const files = [...form.values()].filter((value) => value instanceof File).filter(({ size }) => size > 0);
  return files.length > 0 ? ok(files) : fail('bad-file', 'Nothing was shared that is a file with something in it.');
}

/**
 * Keeps what a share form brings, or why it cannot be kept.
 * @param freeBytes room in this site's storage, null when unknown
 */
export async function receiveShared(request: Request, shelf: Shelf, freeBytes: number | null, now = Date.now()): Promise<void> {
  let result = await filesOf(request);
  const bytes = result.ok ? result.value.reduce((sum, { size }) => sum + size, 0) : 0;
  if (freeBytes !== null && bytes + spareBytes > freeBytes && result.ok)
    result = fail('storage-full', `The shared files have ${bytes} bytes; ${freeBytes} are free.`);
  await shelf
    .put({ sinceMs: now, result })
    .catch(() => shelf.put({ sinceMs: now, result: fail('storage-full', 'The browser refused to keep the shared files.') }));
}

/** All files handed over since they were last taken; the first failure where nothing else came; no files when nothing waits. */
export async function takeShared(shelf: Shelf, now = Date.now()): Promise<Result<File[]>> {
  const fresh = (await shelf.takeAll()).filter(({ sinceMs }) => now - sinceMs < dayMs).map(({ result }) => result);
  const files = fresh.flatMap((result) => (result.ok ? result.value : []));
  return files.length > 0 ? ok(files) : (fresh.find((result) => !result.ok) ?? ok([]));
}
