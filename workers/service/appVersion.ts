/**
 * The service worker's work, without its events: install a version, answer a page in the version it was opened in, tidy up.
 * Invariant: two versions never mix in one page.
 */
import type { AssetCache, FillProgress } from './assetCache.ts';
import { type Asset, type Version, assetAt } from './assets.ts';
import type { VersionBook } from './versionBook.ts';

export interface AppVersion {
  /** Fetches the shell. Rejects when a file of it is missing, so that the browser tries again later. */
  install(): Promise<void>;
  /** True for the first version on this device: pages that are open already were loaded in it and may be taken over. */
  isFirst(): Promise<boolean>;
  /** Answers a navigation with the page of this version. `clientId` is the page being opened. */
  page(clientId: string): Promise<Response | null>;
  /** A file in the version of the page or worker that asks; undefined when that version has no such file. */
  file(path: string, asking: { clientId: string; openedId: string }): Promise<Response | null | undefined>;
  /** Every page open now was loaded in this version, where nothing else was noted. */
  adopt(clientIds: readonly string[]): Promise<void>;
  fill(progress: (progress: FillProgress) => void): Promise<number>;
  tidy(openClients: ReadonlySet<string>): Promise<void>;
}

export function createAppVersion(own: Version, book: VersionBook, cache: AssetCache): AppVersion {
  /** The version a page was opened in; null for one that the browser opened past the worker. */
  async function versionOf(clientId: string): Promise<Version | null> {
    const id = clientId === '' ? null : await book.ofClient(clientId);
    if (id === null || id === own.id) return id === null ? null : own;
    return (await book.versions()).find((version) => version.id === id) ?? null;
  }

  /** For a page of unknown version: the newest, else whichever version has the file. */
  async function assetOfAny(path: string): Promise<Asset | undefined> {
    const first = assetAt(own, path);
    if (first) return first;
    return (await book.versions()).map((version) => assetAt(version, path)).find((asset) => asset !== undefined);
  }

  return {
    async install() {
      await book.add(own);
      const missing = await cache.fill(own.assets.filter(({ shell }) => shell));
      if (missing > 0) throw new Error(`${missing} files of the app could not be fetched.`);
    },

    isFirst: async () => (await book.versions()).every(({ id }) => id === own.id),

    async page(clientId) {
      await book.noteClient(clientId, own.id);
      const asset = assetAt(own, '/');
      return asset ? cache.take(asset) : null;
    },

    async file(path, { clientId, openedId }) {
      const version = await versionOf(clientId);
      // A worker that a page starts belongs to the page's version.
      if (openedId !== '' && version) await book.noteClient(openedId, version.id);
      const asset = version ? assetAt(version, path) : await assetOfAny(path);
      return asset && cache.take(asset);
    },

    async adopt(clientIds) {
      for (const id of clientIds) if ((await book.ofClient(id)) === null) await book.noteClient(id, own.id);
    },

    async fill(progress) {
      // Noted anew: the person may have deleted everything since this version was installed.
      await book.add(own);
      return cache.fill(own.assets, progress);
    },

    tidy: async (openClients) => cache.keepOnly(await book.sweep(own, openClients)),
  };
}
