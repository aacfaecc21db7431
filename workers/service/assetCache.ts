/**
 * The files of the app in Cache Storage, one entry for each content.
 * Invariant: what lies under a revision has exactly that content: it is checked while it is fetched, so neither a half-changed server nor a
 * hotel's login page can get in.
 */
import { type Asset, type Version, cacheKey } from './assets.ts';

const cacheName = 'splat-app-assets';
/** Enough to keep a line busy, few enough to leave it usable for the person. */
const atOnce = 4;

export interface FillProgress {
  /** Files and bytes that are there already, of all. */
  done: number;
  total: number;
  doneBytes: number;
  totalBytes: number;
}

export interface AssetCache {
  /** The file's content from the cache, else fetched and kept; null when neither can be had. */
  take(asset: Asset): Promise<Response | null>;
  /** Fetches what is missing and goes on where an earlier fill stopped. Returns how many files could not be had. */
  fill(assets: readonly Asset[], progress?: (progress: FillProgress) => void): Promise<number>;
  /** Deletes every file that none of these versions has. */
  keepOnly(versions: readonly Version[]): Promise<void>;
}

/** A response that was reached over a redirect may not answer a navigation; a copy of it may. */
const withoutRedirect = (response: Response): Response =>
  response.redirected ? new Response(response.body, { headers: response.headers, status: response.status }) : response;

export function openAssetCache(storage: CacheStorage, fetchFile: typeof fetch): AssetCache {
  const open = (): Promise<Cache> => storage.open(cacheName);

  /** False when there is no network, no such file, or one with another content. */
  async function load(cache: Cache, asset: Asset): Promise<boolean> {
    const response = await fetchFile(asset.path, { integrity: asset.revision, cache: 'no-cache' }).catch(() => null);
    if (response?.status !== 200) return false;
    return cache.put(cacheKey(asset), withoutRedirect(response)).then(
      () => true,
      () => false,
    );
  }

  return {
    async take(asset) {
      const cache = await open();
      const kept = await cache.match(cacheKey(asset));
      if (kept) return kept;
      return (await load(cache, asset)) ? ((await cache.match(cacheKey(asset))) ?? null) : null;
    },

    async fill(assets, progress = () => undefined) {
      const cache = await open();
      const sum: FillProgress = {
        done: 0,
        total: assets.length,
        doneBytes: 0,
        totalBytes: assets.reduce((all, { bytes }) => all + bytes, 0),
      };
      const queue = [...assets];
      let missing = 0;
      const workOff = async (): Promise<void> => {
        for (let asset = queue.shift(); asset; asset = queue.shift()) {
          if ((await cache.match(cacheKey(asset))) || (await load(cache, asset))) {
            sum.done++;
            sum.doneBytes += asset.bytes;
          } else missing++;
          progress({ ...sum });
        }
      };
      await Promise.all(Array.from({ length: atOnce }, workOff));
      return missing;
    },

    async keepOnly(versions) {
      const cache = await open();
      const wanted = new Set(versions.flatMap(({ assets }) => assets.map(cacheKey)));
      for (const request of await cache.keys()) {
        const { pathname, search } = new URL(request.url);
        if (!wanted.has(pathname + search)) await cache.delete(request);
      }
    },
  };
}
