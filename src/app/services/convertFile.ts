/** Turns a splat file into another format, in a worker of its own. Invariant: the worker is gone when the answer is there. */
import type { ConvertCommand, SaveFormat } from '../../../workers/protocol.ts';
import { type Result, fail } from '../../core/job/failure.ts';

/** Kinds of files that can be read for it. */
export const isConvertible = (name: string): boolean => /\.(ply|splat|ksplat|spz|sog)$/i.test(name);

export function convertFile(file: File, format: SaveFormat): Promise<Result<Blob>> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('../../../workers/convert.ts', import.meta.url), { type: 'module', name: 'convert' });
    const end = (answer: Result<Blob>): void => {
      worker.terminate();
      resolve(answer);
    };
    worker.onmessage = ({ data }: MessageEvent<Result<Blob>>) => end(data);
    worker.onerror = (event) => end(fail('bad-file', event.message || 'The converter could not be loaded.', { file: file.name }));
    worker.postMessage({ file, format } satisfies ConvertCommand);
  });
}
