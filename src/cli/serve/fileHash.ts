/** File hash: size and SHA-256 of a file, read in a stream. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

export interface FileFacts {
  bytes: number;
  sha256: string;
}

/** Null when there is no such file. */
export async function factsOf(path: string): Promise<FileFacts | null> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        bytes += chunk.length;
        hash.update(chunk);
      }
    });
  } catch {
    return null;
  }
  return { bytes, sha256: hash.digest('hex') };
}
