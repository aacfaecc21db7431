/** The page that is one file: nothing a person typed becomes markup, its policy names the scripts it holds, and the splats come out whole. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { type PageSettings, blockBytes } from '../../src/core/formats/htmlPage.ts';
import { base64, pageOf } from '../../workers/export/page.ts';

const settings: PageSettings = {
  title: '<img src=x onerror=alert(1)> & "Café"',
  language: 'de',
  words: { noScript: 'Ohne <b>Skript</b>', broken: 'Zu alt' },
  attributes: { 'camera-orbit': '10deg 70deg 3m', 'auto-rotate': '', orientation: '"><script>alert(2)</script>' },
  background: '#102030',
  hotspots: [
    { id: 'a"b', text: '</button><script>alert(3)</script>', position: [1, -2.5, 1e-9], normal: null },
    { id: 'door', text: 'Door', position: [0, 0, 0], normal: [0, 1, 0] },
  ],
};
const viewerScript = 'globalThis.made = "viewer";';
const bytes = Uint8Array.from({ length: blockBytes + 1000 }, (_, i) => (i * 31) % 251);

const page = async (given = settings): Promise<string> =>
  (await pageOf(new Blob([bytes]), 'scene.spz', { viewerScript, settings: given })).text();
const contents = (html: string, tag: string): string[] =>
  [...html.matchAll(new RegExp(`<${tag}[^>]*>([^]*?)</${tag}>`, 'g'))].map(([, text]) => text);

test('typed words stay words', async () => {
  const html = await page();
  expect(html).not.toMatch(/<img|<b>|alert\(\d\)<\/script>/);
  expect(html).toContain('<title>&lt;img src=x onerror=alert(1)&gt; &amp; &quot;Café&quot;</title>');
  expect(html).toContain('slot="hotspot-ab" data-position="1 -2.5 1e-9"');
  expect(html).toContain('slot="hotspot-door" data-position="0 0 0" data-normal="0 1 0"');
  expect(html).toContain(' camera-orbit="10deg 70deg 3m" auto-rotate orientation="&quot;');
  expect(html).toContain('<html lang="de">');
  expect(html).toContain(' background="#102030"');
});

test('a colour that is none is not written into the style sheet', async () => {
  const html = await page({ ...settings, background: 'red; } body { display: none' });
  expect(html).not.toContain('display: none');
  expect(html).toContain('background: #000000');
});

test('the policy lets in what is there and nothing else', async () => {
  const html = await page();
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const scripts = contents(html, 'script').filter((text) => /\w [=;]|viewer/.test(text));
  expect(scripts).toHaveLength(2);
  expect(policy).toContain(`script-src ${scripts.map(hash).join(' ')};`);
  expect(policy).toContain(`style-src ${contents(html, 'style').map(hash).join(' ')};`);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
});

test('the blocks hold the bytes of the splats, and nothing names another place', async () => {
  const html = await page();
  const blocks = [...html.matchAll(/<script type="text\/plain" data-splats>([^<]*)<\/script>/g)].map(([, text]) =>
    Buffer.from(text, 'base64'),
  );
  expect(blocks.map(({ length }) => length)).toEqual([blockBytes, 1000]);
  expect(new Uint8Array(Buffer.concat(blocks))).toEqual(bytes);
  expect(html).not.toMatch(/(?:src|href)="?(?:https?:|\/)/);
  expect(html).toMatch(/data-name="scene\.spz"/);
});

test.each(['', 'f', 'fo', 'foo', 'foobar'])('base64 of %j is that of RFC 4648', (text) => {
  expect(base64(new TextEncoder().encode(text))).toBe(Buffer.from(text).toString('base64'));
});
