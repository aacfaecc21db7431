/** What the service worker answers itself: nothing but the app's own page and files. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type RequestFacts, sharePath, strategyFor } from '../../workers/service/strategy.ts';

const origin = 'https://splat.example';
const get: RequestFacts = { method: 'GET', url: `${origin}/`, origin, navigation: false, range: false, isAsset: false };

const cases: [what: string, facts: Partial<RequestFacts>, answer: string][] = [
  ['the page', { navigation: true }, 'shell'],
  ['the page with a place in it', { navigation: true, url: `${origin}/?utm=1#/p/a` }, 'shell'],
  ['the page by its file name', { navigation: true, url: `${origin}/index.html` }, 'shell'],
  ['a reload of the share address', { navigation: true, url: `${origin}/share-target` }, 'shell'],
  ['a page of the viewer', { navigation: true, url: `${origin}/viewer/embed.html` }, 'network'],
  ['a page that does not exist', { navigation: true, url: `${origin}/other` }, 'network'],
  ['a script', { url: `${origin}/assets/a-1.js`, isAsset: true }, 'asset'],
  ['a part of a file', { url: `${origin}/assets/a-1.wasm`, isAsset: true, range: true }, 'network'],
  ['something else of this site', { url: `${origin}/robots.txt` }, 'network'],
  ['another site with the same path', { url: 'https://other.example/assets/a-1.js', isAsset: true }, 'network'],
  ['the same name on another port', { url: 'https://splat.example:8443/', navigation: true }, 'network'],
  ['the API', { url: `${origin}/api/jobs`, isAsset: true }, 'network'],
  ['a page of the API', { url: `${origin}/api/login`, navigation: true }, 'network'],
  ['a share', { method: 'POST', navigation: true, url: `${origin}/share-target` }, 'share'],
  ['a script that posts to the share address', { method: 'POST', url: `${origin}/share-target` }, 'network'],
  ['another form', { method: 'POST', navigation: true, url: `${origin}/` }, 'network'],
  ['the head of a file', { method: 'HEAD', url: `${origin}/assets/a-1.js`, isAsset: true }, 'network'],
  ['a local file', { url: 'blob:https://splat.example/0b7c', isAsset: true }, 'network'],
];

test.for(cases)('%s', ([, facts, answer]) => {
  expect(strategyFor({ ...get, ...facts })).toBe(answer);
});

test('the share address is the one of the manifest', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../public/manifest.webmanifest', import.meta.url), 'utf8'));
  expect(manifest.share_target).toMatchObject({ action: sharePath, method: 'POST', enctype: 'multipart/form-data' });
});
