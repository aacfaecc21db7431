/**
 * Videos made for a test: a WebM of given pictures, encoded by the browser itself, and an MP4 whose codec no browser here decodes.
 * Invariant: made with the page's own library, in a blank page of the same site, so that nothing of the app takes part.
 */
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, Output } from 'mediabunny';

const libraryFile = fileURLToPath(new URL('../../node_modules/mediabunny/dist/bundles/mediabunny.min.mjs', import.meta.url));

declare global {
  var mediabunny: typeof import('mediabunny');
}

/** A WebM (VP8) that shows each PNG for `framesEach` frames at `framesPerSecond`. */
export async function webmOf(
  browser: Browser,
  url: string,
  pngs: Uint8Array[],
  framesPerSecond: number,
  framesEach: number,
): Promise<Uint8Array> {
  const page = await browser.newPage();
  try {
    const [blank, library] = [`${url}blank.html`, `${url}mediabunny.mjs`];
    await page.route(blank, (route) => route.fulfill({ body: '<!doctype html>', contentType: 'text/html' }));
    await page.route(library, (route) => route.fulfill({ path: libraryFile, contentType: 'text/javascript' }));
    await page.goto(blank);
    await page.addScriptTag({ type: 'module', content: `import * as library from '${library}'; globalThis.mediabunny = library;` });
    await page.waitForFunction(() => 'mediabunny' in globalThis);
    const pictures = pngs.map((png) => Buffer.from(png).toString('base64'));
    const base64 = await page.evaluate(encodeInPage, { pictures, framesPerSecond, framesEach });
    return Buffer.from(base64, 'base64');
  } finally {
    await page.close();
  }
}

interface EncodeArguments {
  pictures: string[];
  framesPerSecond: number;
  framesEach: number;
}

/** Runs in the page. */
async function encodeInPage({ pictures, framesPerSecond, framesEach }: EncodeArguments): Promise<string> {
  const { Output, WebMOutputFormat, BufferTarget, CanvasSource } = globalThis.mediabunny;
  const bitmaps = await Promise.all(
    pictures.map(async (picture) => createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob())),
  );
  const canvas = new OffscreenCanvas(bitmaps[0].width, bitmaps[0].height);
  const output = new Output({ format: new WebMOutputFormat(), target: new BufferTarget() });
  const source = new CanvasSource(canvas, { codec: 'vp8', bitrate: 4e6 });
  output.addVideoTrack(source, { frameRate: framesPerSecond });
  await output.start();
  for (let frame = 0; frame < bitmaps.length * framesEach; frame++) {
    canvas.getContext('2d')!.drawImage(bitmaps[Math.floor(frame / framesEach)], 0, 0);
    await source.add(frame / framesPerSecond, 1 / framesPerSecond);
  }
  await output.finalize();
  const bytes = new Uint8Array(output.target.buffer!);
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** An MP4 that says it holds HEVC; its packets are noise, which nobody gets to. */
export async function hevcMp4(): Promise<Uint8Array> {
  const output = new Output({ format: new Mp4OutputFormat(), target: new BufferTarget() });
  const source = new EncodedVideoPacketSource('hevc');
  output.addVideoTrack(source, { frameRate: 30 });
  await output.start();
  const decoderConfig = { codec: 'hvc1.1.6.L93.B0', codedWidth: 320, codedHeight: 240, description: new Uint8Array(23).fill(1) };
  for (let frame = 0; frame < 5; frame++)
    await source.add(new EncodedPacket(new Uint8Array(40).fill(frame), frame === 0 ? 'key' : 'delta', frame / 30, 1 / 30), {
      decoderConfig,
    });
  await output.finalize();
  return new Uint8Array(output.target.buffer!);
}
