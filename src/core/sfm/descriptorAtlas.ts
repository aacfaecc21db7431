/**
 * Descriptor atlas: one GPU buffer that holds the descriptors of the photos matched lately, each uploaded once while it stays.
 * Invariant: filled like a ring, oldest out first, but what the commands being recorded use (pinned) is never overwritten; commands
 * already submitted read what was there, because the queue keeps order.
 */
import { createBuffer, destroyBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/device.ts';
import { descriptorSize } from './features.ts';

export interface DescriptorAtlas {
  buffer: GPUBuffer;
  /** Most descriptors one photo may have so that a pair always finds room. */
  maxCount: number;
  /**
   * Index of a photo's first descriptor in the buffer; uploads it when needed. Photos are told apart by the array object, which must not
   * change meanwhile. Null when there is no room beside the pinned ones.
   */
  place(descriptors: Uint8Array, pinned: ReadonlySet<Uint8Array>): number | null;
  dispose(): void;
}

interface Range {
  start: number;
  end: number;
}

/** capacity: descriptors in all (128 bytes each). */
export function createDescriptorAtlas(gpu: Gpu, capacity: number): DescriptorAtlas {
  const buffer = createBuffer(gpu, 'descriptor atlas', capacity * descriptorSize);
  const ranges = new Map<Uint8Array, Range>();
  let head = 0;

  const overlapping = ({ start, end }: Range): [Uint8Array, Range][] =>
    [...ranges].filter(([, range]) => range.start < end && start < range.end);

  /** The next range of that size at or after the head, or from the start again, that touches nothing pinned. */
  function room(count: number, pinned: ReadonlySet<Uint8Array>): Range | null {
    let start = head;
    for (let isSecondRound = false; ;) {
      if (start + count > capacity) {
        if (isSecondRound) return null;
        isSecondRound = true;
        start = 0;
        continue;
      }
      const blocking = overlapping({ start, end: start + count }).filter(([photo]) => pinned.has(photo));
      if (blocking.length === 0) return { start, end: start + count };
      start = Math.max(...blocking.map(([, range]) => range.end));
    }
  }

  return {
    buffer,
    maxCount: Math.floor(capacity / 3),
    place(descriptors, pinned) {
      const known = ranges.get(descriptors);
      if (known) return known.start;
      const range = room(descriptors.length / descriptorSize, pinned);
      if (!range) return null;
      for (const [photo] of overlapping(range)) ranges.delete(photo);
      ranges.set(descriptors, range);
      head = range.end;
      const { buffer: bytes, byteOffset, byteLength } = descriptors;
      gpu.device.queue.writeBuffer(buffer, range.start * descriptorSize, bytes, byteOffset, byteLength);
      return range.start;
    },
    dispose() {
      ranges.clear();
      destroyBuffer(gpu, buffer);
    },
  };
}
