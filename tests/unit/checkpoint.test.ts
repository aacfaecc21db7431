/** Checkpoints from hand-made bytes: whole, cut short, damaged, of another run. */
import { describe, expect, test } from 'vitest';
import type { Gpu } from '../../src/core/gpu/device.ts';
import type { Dataset } from '../../src/core/scene/dataset.ts';
import { checkpointParts, joined, readCheckpoint } from '../../src/core/train/checkpoint.ts';
import type { TrainOptions } from '../../src/core/train/contract.ts';
import { smallModel } from '../fixtures/smallModel.ts';

const dataset: Dataset = { source: 'test', reconstruction: smallModel(), photos: [], warnings: [] };
const options: TrainOptions = { preset: 'preview', holdout: 8, seed: 3, maxSplats: 100 };
const counters = { step: 120, count: 90, startCount: 40, totalSteps: 500, slotCapacity: 4096, maxSplats: 100, widthPx: 64, shDegree: 1 };

/** Without buffers nothing is read from a GPU, so none is needed. */
const bare = joined(await checkpointParts(null as unknown as Gpu, dataset, options, counters, []));

type Header = Record<string, unknown>;

const headerOf = (bytes: Uint8Array): Header =>
  JSON.parse(new TextDecoder().decode(bytes.subarray(12, 12 + new DataView(bytes.buffer).getUint32(8, true)))) as Header;

/** "SPLATCKP", u32 header length, JSON header, data. */
function file(header: unknown, data: number[] = [], magic = 'SPLATCKP'): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(12 + json.length + data.length);
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(8, json.length, true);
  bytes.set(json, 12);
  bytes.set(data, 12 + json.length);
  return bytes;
}

const whole = { ...headerOf(bare), sizes: [3, 0, 5] };
const data = [1, 2, 3, 4, 5, 6, 7, 8];
const refusal = (bytes: Uint8Array, changes: Partial<TrainOptions> = {}, other = dataset): string => {
  const result = readCheckpoint(bytes, other, { ...options, ...changes });
  if (result.ok) return 'taken up';
  expect(result.failure.code).toBe('bad-file');
  return result.failure.detail;
};

describe('checkpoint', () => {
  test('counters and buffers come back', () => {
    const read = readCheckpoint(file(whole, data), dataset, options);
    expect(read).toEqual({
      ok: true,
      value: { ...counters, buffers: [Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.of(4, 5, 6, 7, 8)] },
    });
    expect(readCheckpoint(bare, dataset, options)).toEqual({ ok: true, value: { ...counters, buffers: [] } });
  });

  test('bytes inside a larger buffer are read from where they lie', () => {
    const bytes = file(whole, data);
    const larger = new Uint8Array(bytes.length + 20);
    larger.set(bytes, 13);
    expect(readCheckpoint(larger.subarray(13, 13 + bytes.length), dataset, options).ok).toBe(true);
  });

  test('every shorter file is refused, and so is a longer one', () => {
    const bytes = file(whole, data);
    for (let length = 0; length < bytes.length; length++) expect(refusal(bytes.slice(0, length)), `${length} bytes`).not.toBe('taken up');
    expect(refusal(bytes.slice(0, -1))).toContain('cut short');
    expect(refusal(file(whole, [...data, 9]))).not.toBe('taken up');
  });

  test('other files are refused', () => {
    expect(refusal(new TextEncoder().encode('ply\nformat binary_little_endian 1.0\n'))).toContain('not a checkpoint');
    expect(refusal(file(whole, data, 'SPLATCKQ'))).toContain('not a checkpoint');
    expect(refusal(file({ ...whole, version: 1 }, data))).toContain('not a checkpoint');
    const huge = file(whole, data);
    new DataView(huge.buffer).setUint32(8, 0xffffffff, true);
    expect(refusal(huge)).toContain('not a checkpoint');
  });

  test.each([
    '{',
    'null',
    '5',
    '[]',
    '{"version":2}',
    '{"version":2,"sizes":7}',
    '{"version":2,"sizes":[-8,8]}',
    '{"version":2,"sizes":["8"]}',
  ])('a header of %s is refused', (header) => {
    expect(refusal(file(header, data))).not.toBe('taken up');
  });

  test('another run is refused: other seed, budget, size, settings or photos', () => {
    const bytes = file(whole, data);
    expect(refusal(bytes)).toBe('taken up');
    const others: Partial<TrainOptions>[] = [
      { seed: 4 },
      { maxSplats: 99 },
      { widthPx: 100 },
      { holdout: 0 },
      { preset: 'full' },
      { shDegree: 1 },
    ];
    for (const changes of [...others, { antialiased: true }, { refinePoses: true }, { refineExposure: true }, { hyper: { noise: 1 } }])
      expect(refusal(bytes, changes)).toContain('other settings');
    const renamed = smallModel();
    renamed.views[0].photoName = 'other.jpg';
    expect(refusal(bytes, {}, { ...dataset, reconstruction: renamed })).toContain('other photos');
  });

  test('what is off and what is not given are the same run', () => {
    expect(refusal(file(whole, data), { refinePoses: false, refineExposure: false })).toBe('taken up');
  });

  test('more steps may be asked for', () => {
    expect(refusal(file(whole, data), { steps: 9000 })).toBe('taken up');
  });
});
