/** Media types of what is served. Splat formats have none that is registered, so a browser is told nothing it could act on. */
import type { OutputKind } from '../../src/core/job/trainerApi.ts';

const others: Partial<Record<OutputKind, string>> = {
  thumbnail: 'image/webp',
  poster: 'image/webp',
  cameras: 'application/json',
  metrics: 'application/json',
};

export const mediaTypeOf = (kind: OutputKind): string => others[kind] ?? 'application/octet-stream';
