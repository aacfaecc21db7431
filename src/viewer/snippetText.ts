/**
 * The texts that embedding.html offers to copy.
 * Invariant: what a person typed ends up inside a quoted attribute or a JSON string, never as markup.
 */
import { type OEmbedAnswer, escapeHtml, iframeHtml, oembedFor } from '../core/job/embedHtml.ts';
import { writeSceneSettings } from '../core/scene/sceneSettings.ts';
import { emptySceneSettings } from '../core/scene/sceneSettingsTypes.ts';
import type { AttributeName } from './attributes.ts';
import { writeEmbedQuery } from './embedQuery.ts';

export interface Wish {
  /** Where the viewer's files lie, ending in a slash. */
  base: string;
  src: string;
  alt: string;
  poster: string;
  autoRotate: boolean;
  /** CSS pixels of the frame. */
  width: number;
  height: number;
}

const isGiven = ([, value]: [string, string | boolean]) => value !== '' && value !== false;

/** Attributes in the order they are read best. */
function wishedAttributes({ src, alt, poster, autoRotate }: Wish): [AttributeName, string | boolean][] {
  const all: [AttributeName, string | boolean][] = [
    ['src', src],
    ['alt', alt],
    ['poster', poster],
    ['camera-controls', true],
    ['auto-rotate', autoRotate],
  ];
  return all.filter(isGiven);
}

export function elementSnippet(wish: Wish): string {
  const lines = wishedAttributes(wish).map(([name, value]) => (value === true ? name : `${name}="${escapeHtml(String(value))}"`));
  return [
    `<script type="module" src="${escapeHtml(`${wish.base}splat-viewer.js`)}"></script>`,
    `<style>splat-viewer { width: 100%; aspect-ratio: ${wish.width} / ${wish.height}; }</style>`,
    '',
    `<splat-viewer\n  ${lines.join('\n  ')}\n></splat-viewer>`,
  ].join('\n');
}

export function frameUrl(wish: Wish): string {
  return `${wish.base}embed.html?${writeEmbedQuery(Object.fromEntries(wishedAttributes(wish)))}`;
}

const frameOf = (wish: Wish) => ({ url: frameUrl(wish), title: wish.alt || '3D scene', width: wish.width, height: wish.height });

export const frameSnippet = (wish: Wish): string => iframeHtml(frameOf(wish)).replaceAll(/ (?=[a-z]+=)/g, '\n  ');

export const bundlerSnippet = (): string =>
  [
    "import 'splat-viewer/define';",
    '',
    "const viewer = document.querySelector('splat-viewer');",
    "viewer.addEventListener('load', (event) => console.log(event.detail.splats));",
    "viewer.cameraOrbit = '30deg 75deg auto';",
  ].join('\n');

/** A scene.json with the files of the wish and one of everything. */
export function sceneSnippet({ src, alt, poster }: Wish): string {
  const file = (url: string, splats: number) => ({ url, splats, bytes: null, format: null });
  return JSON.stringify(
    writeSceneSettings({
      ...emptySceneSettings(),
      title: alt || null,
      attribution: 'Scanned by …',
      poster: poster || null,
      files: [file('small.sog', 400_000), file(src || 'scene.sog', 2_000_000)],
      camera: { position: [1.5, 1, 3], target: [0, 0.5, 0], fovDeg: 45 },
      crop: { low: [-2, -0.5, -2], high: [2, 2, 2] },
      background: [1, 1, 1, 1],
      hotspots: [
        {
          id: 'door',
          position: [0.4, 0.9, 0.2],
          normal: null,
          title: 'Door',
          text: 'Oak, 1912.',
          camera: { position: [1, 1, 1], target: [0.4, 0.9, 0.2], fovDeg: null },
        },
      ],
    }),
    null,
    2,
  ).replaceAll(/\[[^[\]{}]*\]/g, (list) => list.replaceAll(/\s+/g, ' '));
}

export const oembedAnswer = (wish: Wish): OEmbedAnswer => oembedFor({ ...frameOf(wish), provider: { name: 'Your site', url: wish.base } });

/** The line for a page's head by which consumers find the answer, then the answer. */
export function oembedSnippet(wish: Wish): string {
  const link = '<link rel="alternate" type="application/json+oembed" href="https://your-site.example/oembed?url=…" />';
  return `${link}\n\n${JSON.stringify(oembedAnswer(wish), null, 2)}`;
}

/** What a server has to send along. */
export const headersSnippet = (): string =>
  [
    '# viewer files and splat files: readable from other origins and from sandboxed frames',
    'Access-Control-Allow-Origin: *',
    '',
    '# a page of your own with a strict policy; add the hosts of your splat files to connect-src',
    "Content-Security-Policy: default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self' https://files.example; img-src 'self' https://files.example",
  ].join('\n');
