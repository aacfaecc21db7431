/**
 * What the service worker does with a request.
 * Invariant: only the app's own files are ever answered from a cache; everything else goes to the network untouched.
 */
export type Strategy =
  /** The app's page, from the cache of the version that is active. */
  | 'shell'
  /** A file of the app, in the version of the page that asks. */
  | 'asset'
  /** Files from another program's share menu. */
  | 'share'
  | 'network';

export interface RequestFacts {
  method: string;
  url: string;
  /** The site's own origin, e.g. "https://splat.example". */
  origin: string;
  /** Whether it opens a page, as opposed to a file for one. */
  navigation: boolean;
  range: boolean;
  /** Whether a version of the app may have a file at this path. */
  isAsset: boolean;
}

/** Must match share_target in manifest.webmanifest. */
export const sharePath = '/share-target';
/** The share path is among them for whoever reloads after a hand-over that the browser did not redirect. */
const shellPaths = ['/', '/index.html', sharePath];

export function strategyFor({ method, url, origin, navigation, range, isAsset }: RequestFacts): Strategy {
  const { protocol, origin: asked, pathname } = new URL(url);
  // The address of a blob has the site's origin too.
  if (!protocol.startsWith('http') || asked !== origin || pathname.startsWith('/api/')) return 'network';
  if (method === 'POST' && navigation && pathname === sharePath) return 'share';
  if (method !== 'GET' || range) return 'network';
  if (navigation) return shellPaths.includes(pathname) ? 'shell' : 'network';
  return isAsset ? 'asset' : 'network';
}
