/**
 * The web page that is one file, as a Blob.
 * Invariant: the splats' bytes are turned into text block by block, so that no string is as long as the page.
 */
import { blockBytes, blockEnd, blockStart, htmlPage, inlineTexts } from '../../src/core/formats/htmlPage.ts';
import { blobPieces } from './blobPieces.ts';
import type { PageWish } from './messages.ts';

/** Bytes that one call of fromCharCode takes. */
const runBytes = 1 << 15;

export function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += runBytes) text += String.fromCharCode(...bytes.subarray(at, at + runBytes));
  return btoa(text);
}

const hashOf = async (text: string): Promise<string> =>
  base64(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));

export async function pageOf(splats: Blob, fileName: string, { viewerScript, settings }: PageWish): Promise<Blob> {
  const texts = inlineTexts(viewerScript, settings.background);
  const hashes = { viewer: await hashOf(texts.viewer), start: await hashOf(texts.start), style: await hashOf(texts.style) };
  const { before, after } = htmlPage(viewerScript, settings, fileName, hashes);
  const parts: BlobPart[] = [before];
  // A Blob of each run, so that the browser may keep them outside the memory of the page.
  for await (const piece of blobPieces(splats, blockBytes)) parts.push(new Blob([blockStart, base64(piece), blockEnd]));
  return new Blob([...parts, after], { type: 'text/html' });
}
