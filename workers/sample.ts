/**
 * The sample worker's entry: draws the sample photos and hands them over as JPEG files, one after the other.
 * Invariant: started by being made, it needs no message and fetches nothing; the last message is 'done' or 'failed'.
 */
import { type Failure, fail } from '../src/core/job/failure.ts';
import type { Pixels } from '../src/core/scene/dataset.ts';
import { sampleScene } from '../src/core/sample/sampleScene.ts';

export type SampleMessage =
  { type: 'photo'; name: string; blob: Blob; done: number; total: number } | { type: 'done' } | { type: 'failed'; failure: Failure };

const jpegQuality = 0.92;

async function encode({ widthPx, heightPx, rgba }: Pixels): Promise<Blob> {
  const canvas = new OffscreenCanvas(widthPx, heightPx);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('There is no canvas to encode the sample photos on.');
  context.putImageData(new ImageData(new Uint8ClampedArray(rgba), widthPx, heightPx), 0, 0);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: jpegQuality });
}

async function drawAll(post: (message: SampleMessage) => void): Promise<void> {
  const { reconstruction, photo } = sampleScene();
  const total = reconstruction.views.length;
  for (const [index, { photoName: name }] of reconstruction.views.entries())
    post({ type: 'photo', name, blob: await encode(photo(index)), done: index + 1, total });
  post({ type: 'done' });
}

const post = (message: SampleMessage): void => self.postMessage(message);

drawAll(post).catch((error: unknown) => {
  const { failure } = fail('out-of-memory', error instanceof Error ? error.message : String(error));
  post({ type: 'failed', failure });
});
