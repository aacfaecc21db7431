/**
 * The converting worker's entry: one splat file in, the same splats in another format out.
 * Invariant: one message in, one Result out; what the converter throws is answered as a failure.
 */
import { convertSplats } from '../src/core/formats/convert.ts';
import { type Result, fail, ok } from '../src/core/job/failure.ts';
import type { ConvertCommand } from './protocol.ts';

async function convert({ file, format }: ConvertCommand): Promise<Result<Blob>> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const files = await convertSplats({ name: file.name, bytes }, `scene.${format}`);
  if (!files.ok) return files;
  const [written] = files.value;
  return written
    ? ok(new Blob([written.bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }))
    : fail('bad-file', `Nothing was written as .${format}.`);
}

self.addEventListener('message', ({ data }: MessageEvent<ConvertCommand>) => {
  convert(data).then(
    (answer) => self.postMessage(answer),
    (error: unknown) =>
      self.postMessage(fail('bad-file', error instanceof Error ? error.message : String(error), { file: data.file.name })),
  );
});
