/**
 * The converting worker's entry: one splat file in, the same splats in another format out.
 * Invariant: one message in, one Result out; what the converter throws is answered as a failure.
 */
import { fail } from '../src/core/job/failure.ts';
import type { ConvertCommand } from './protocol.ts';
import { convertToBlob } from './splatConversion.ts';

const convert = async ({ file, format }: ConvertCommand) =>
  convertToBlob({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }, format);

self.addEventListener('message', ({ data }: MessageEvent<ConvertCommand>) => {
  convert(data).then(
    (answer) => self.postMessage(answer),
    (error: unknown) =>
      self.postMessage(fail('bad-file', error instanceof Error ? error.message : String(error), { file: data.file.name })),
  );
});
