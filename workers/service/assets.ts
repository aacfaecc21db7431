/**
 * The files of one build, as the service worker knows them.
 * Invariant: a version's identity follows from its files alone, and two versions that differ in any file differ in identity.
 */

export interface Asset {
  /** From the site's root, e.g. "/assets/index-DM_FuVHV.js"; the page itself is "/". */
  path: string;
  /** What its content must hash to, in the form of subresource integrity, e.g. "sha256-…". */
  revision: string;
  bytes: number;
  /** Needed to open the app at all; the others follow when the page is idle. */
  shell: boolean;
}

export interface Version {
  id: string;
  assets: Asset[];
}

/** Where an asset lies in the cache that all versions share: a file that did not change is kept once and fetched once. */
export const cacheKey = ({ path, revision }: Asset): string => `${path}?revision=${encodeURIComponent(revision)}`;

export const assetAt = ({ assets }: Version, path: string): Asset | undefined => assets.find((asset) => asset.path === path);
