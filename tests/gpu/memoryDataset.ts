/** A dataset that lives in memory: its files are names, and the host hands back the pixels. Invariant: one photo per view, in order. */
import type { Dataset, Pixels } from '../../src/core/scene/dataset.ts';
import type { Reconstruction } from '../../src/core/scene/reconstruction.ts';
import type { TrainHost } from '../../src/core/train/contract.ts';

export interface MemoryDataset {
  dataset: Dataset;
  host: TrainHost;
}

export function memoryDataset(reconstruction: Reconstruction, photos: Pixels[]): MemoryDataset {
  const byName = new Map(reconstruction.views.map((view, i) => [view.photoName, photos[i]]));
  const files = reconstruction.views.map(({ photoName }) => ({
    path: photoName,
    sizeBytes: 0,
    bytes: () => Promise.resolve(new Uint8Array(0)),
  }));
  const decode = (file: { path: string }): Promise<Pixels> => {
    const pixels = byName.get(file.path);
    return pixels ? Promise.resolve(pixels) : Promise.reject(new Error(`no photo ${file.path}`));
  };
  return {
    dataset: { source: 'in memory', reconstruction, photos: files, warnings: [] },
    host: { decode, nowMs: () => performance.now() },
  };
}
