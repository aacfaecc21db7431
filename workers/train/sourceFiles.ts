/** The page's files as the engine reads them. Invariant: a file's bytes are read when asked for and not held on to. */
import type { SourceFile } from '../../src/core/scene/dataset.ts';
import type { PickedFile } from '../protocol.ts';

export const sourceFiles = (picked: PickedFile[]): SourceFile[] =>
  picked.map(({ path, file }) => ({ path, sizeBytes: file.size, bytes: async () => new Uint8Array(await file.arrayBuffer()) }));
