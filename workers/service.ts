/**
 * The service worker: the app opens and works without a network, and takes files from other programs' share menus.
 * Invariant: it never takes over from an older version by itself, and answers nothing but the app's own files.
 */
import { openAssetCache } from './service/assetCache.ts';
import { createAppVersion } from './service/appVersion.ts';
import type { Version } from './service/assets.ts';
import type { ServiceAnswer, ServiceQuestion } from './service/messages.ts';
import { addressOfNotice, noticeOf } from './service/push.ts';
import { openShelf, receiveShared, takeShared } from './service/sharedFiles.ts';
import { strategyFor } from './service/strategy.ts';
import { openVersionBook } from './service/versionBook.ts';

/** Put in by scripts/build-service-worker.mjs, which reads the built folder. */
declare const appVersion: Version;

const scope = self as unknown as ServiceWorkerGlobalScope;
const book = openVersionBook(caches);
const app = createAppVersion(appVersion, book, openAssetCache(caches, fetch.bind(scope)));
const shelf = openShelf(indexedDB);

/** An older page may ask for a file that this version no longer has: all files with a hash in their name are looked for. */
const ownPaths = new Set(appVersion.assets.map(({ path }) => path));
const mayBeOurs = (path: string): boolean => ownPaths.has(path) || path.startsWith('/assets/');

const noNetwork = (): Response => Response.error();

async function openClients(): Promise<readonly Client[]> {
  return scope.clients.matchAll({ type: 'all', includeUncontrolled: true });
}

/** Not while another version is on its way in: its files are noted but no page uses them yet. */
async function tidy(): Promise<void> {
  if (scope.registration.installing || scope.registration.waiting) return;
  await app.tidy(new Set((await openClients()).map(({ id }) => id)));
}

async function activate(): Promise<void> {
  if (await app.isFirst()) {
    await app.adopt((await openClients()).map(({ id }) => id));
    await scope.clients.claim();
  }
  await tidy();
}

async function freeBytes(): Promise<number | null> {
  const { quota, usage } = await navigator.storage.estimate().catch(() => ({ quota: undefined, usage: undefined }));
  return quota === undefined ? null : quota - (usage ?? 0);
}

async function share(request: Request): Promise<Response> {
  await receiveShared(request, shelf, await freeBytes());
  return Response.redirect('/#/shared', 303);
}

async function file(event: FetchEvent, path: string): Promise<Response> {
  const answer = await app.file(path, { clientId: event.clientId, openedId: event.resultingClientId });
  return answer === undefined ? fetch(event.request) : (answer ?? noNetwork());
}

/** The pages look at the cloud's outbox at once. */
async function wakePages(): Promise<void> {
  for (const client of await openClients()) client.postMessage({ type: 'outbox-wake' });
}

/** A page that is open comes to the front and goes there; otherwise a new one does. */
async function openPage(address: string): Promise<void> {
  const pages = await scope.clients.matchAll({ type: 'window' });
  const page = pages.find(({ focused }) => focused) ?? pages.at(0);
  if (!page) return void (await scope.clients.openWindow(address));
  await page.focus();
  page.postMessage({ type: 'open-address', address });
}

scope.addEventListener('install', (event) => event.waitUntil(app.install()));
scope.addEventListener('activate', (event) => event.waitUntil(activate()));

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const plan = strategyFor({
    method: request.method,
    url: request.url,
    origin: scope.location.origin,
    navigation: request.mode === 'navigate',
    range: request.headers.has('range'),
    isAsset: mayBeOurs(url.pathname),
  });
  if (plan === 'share') event.respondWith(share(request));
  if (plan === 'shell') event.respondWith(app.page(event.resultingClientId).then((page) => page ?? fetch(request)));
  if (plan === 'asset') event.respondWith(file(event, url.pathname));
});

async function answer(question: ServiceQuestion, say: (answer: ServiceAnswer) => void): Promise<void> {
  if (question.type === 'skip-waiting') return scope.skipWaiting();
  if (question.type === 'take-shared') return say({ type: 'shared', files: await takeShared(shelf) });
  const missing = await app.fill((progress) => say({ type: 'progress', ...progress }));
  say({ type: 'filled', missing });
  await tidy();
}

scope.addEventListener('message', (event) => {
  const port = event.ports[0];
  event.waitUntil(answer(event.data as ServiceQuestion, (said) => port?.postMessage(said)));
});

scope.addEventListener('push', (event) => {
  const { title, options } = noticeOf(event.data?.text() ?? null, scope.location.origin);
  event.waitUntil(Promise.all([scope.registration.showNotification(title, options), wakePages()]));
});

scope.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(openPage(addressOfNotice(event.notification.data, scope.location.origin)));
});

/** Background Sync, which the compiler's library does not know: the network is back, and the pages work through the cloud's outbox. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}
(scope as EventTarget).addEventListener('sync', (event) => {
  const { tag } = event as SyncEvent;
  if (tag === 'outbox') (event as SyncEvent).waitUntil(wakePages());
});
