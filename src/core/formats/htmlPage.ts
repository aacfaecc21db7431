/**
 * A web page that is one file: the viewer, the splats and how to look at them inside it. It asks nothing of any network and opens from a disk.
 * Invariant: what a person typed ends up as text or inside a quoted attribute, never as markup; the page's own policy lets nothing run but
 * the two scripts written here, whose hashes it names.
 */
import { escapeHtml } from '../job/embedHtml.ts';
import type { Vector3 } from '../math/rotation.ts';

export interface PageHotspot {
  id: string;
  text: string;
  /** The viewer's world: y up. */
  position: Vector3;
  normal: Vector3 | null;
}

export interface PageSettings {
  title: string;
  /** Of the page's few words: a language tag and what they say. */
  language: string;
  words: { noScript: string; broken: string };
  /** Attributes of <splat-viewer> by name; an empty text is a flag. */
  attributes: Record<string, string>;
  /** #rrggbb, of the page and of the viewer; null leaves black. */
  background: string | null;
  hotspots: PageHotspot[];
}

/** Bytes of splats in one block: a multiple of 3, so that no block but the last is padded. */
export const blockBytes = 3 << 18;

/** The page's end of it: takes the blocks out of the document, which then needs no room for them, and hands the splats to the viewer. */
export const startScript = `
const viewer = document.querySelector('splat-viewer');
const blocks = [...document.querySelectorAll('script[data-splats]')].map((block) => {
  const text = atob(block.textContent.trim());
  block.remove();
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
});
// The viewer says itself what is wrong with a scene; here it is missing altogether.
if (viewer.load) viewer.load(new Blob(blocks), { name: viewer.dataset.name });
else document.querySelector('#broken').hidden = false;
`;

const css = (background: string): string => `
html, body { margin: 0; height: 100%; background: ${background}; }
splat-viewer { display: block; width: 100%; height: 100vh; height: 100dvh; }
.notice { position: fixed; inset: auto 0 0; margin: 0; padding: 1rem; background: #15161a; color: #fff; font: 1rem/1.5 system-ui, sans-serif; }
[slot] { max-width: 16rem; padding: 0.375rem 0.75rem; border: 1px solid #fff; border-radius: 999px; background: #15161ae6; color: #fff; font: 0.875rem/1.4 system-ui, sans-serif; }
`;

const safeColour = (colour: string | null): string => (colour !== null && /^#[0-9a-f]{6}$/i.test(colour) ? colour : '#000000');
const numbers = (values: Vector3): string => values.map((value) => String(Number(value.toPrecision(7)))).join(' ');
const attributeText = (name: string, value: string): string => (value === '' ? ` ${name}` : ` ${name}="${escapeHtml(value)}"`);

function hotspotTag({ id, text, position, normal }: PageHotspot): string {
  const facing = normal ? ` data-normal="${numbers(normal)}"` : '';
  const slot = `hotspot-${id.replaceAll(/[^\w-]/g, '')}`;
  return `<button type="button" slot="${slot}" data-position="${numbers(position)}"${facing}>${escapeHtml(text)}</button>`;
}

const policyOf = (hashes: PageHashes): string =>
  [
    "default-src 'none'",
    `script-src ${[hashes.viewer, hashes.start].map((hash) => `'sha256-${hash}'`).join(' ')}`,
    `style-src 'sha256-${hashes.style}'`,
    'worker-src blob:',
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

/** Base64 of the SHA-256 of each inline text, as the policy names them. */
export interface PageHashes {
  viewer: string;
  start: string;
  style: string;
}

/** The inline texts whose hashes the policy needs, exactly as they will stand in the page. */
export const inlineTexts = (viewerScript: string, background: string | null): Record<keyof PageHashes, string> => ({
  viewer: viewerScript,
  start: startScript,
  style: css(safeColour(background)),
});

/** What opens the block of the splats' bytes and what closes it; between them base64. */
export const [blockStart, blockEnd] = ['<script type="text/plain" data-splats>', '</script>\n'];

/**
 * The page before and after the blocks.
 * @param viewerScript the viewer's single file; must not hold `</script`
 * @param fileName its ending tells the format of the bytes in the blocks
 */
export function htmlPage(
  viewerScript: string,
  settings: PageSettings,
  fileName: string,
  hashes: PageHashes,
): { before: string; after: string } {
  const { title, language, words, attributes, hotspots } = settings;
  const background = safeColour(settings.background);
  const all = { alt: title, 'camera-controls': '', controls: '', background, ...attributes, 'data-name': fileName };
  const tags = Object.entries(all).map(([name, value]) => attributeText(name, value));
  const before = `<!doctype html>
<html lang="${escapeHtml(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(hashes)}">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<title>${escapeHtml(title)}</title>
<style>${css(background)}</style>
<script>${viewerScript}</script>
</head>
<body>
<noscript><p class="notice">${escapeHtml(words.noScript)}</p></noscript>
<splat-viewer${tags.join('')}>
${hotspots.map(hotspotTag).join('\n')}
</splat-viewer>
<p id="broken" class="notice" role="alert" hidden>${escapeHtml(words.broken)}</p>
`;
  return { before, after: `<script>${startScript}</script>\n</body>\n</html>\n` };
}
