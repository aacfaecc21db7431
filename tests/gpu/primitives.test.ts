/** Prefix sum and radix sort on the GPU against plain JavaScript, at every size where a block begins or ends. */
import { describe, expect, test } from 'vitest';
import { bufferFrom, createBuffer, destroyBuffer, readU32, usage } from '../../src/core/gpu/buffers.ts';
import type { Gpu } from '../../src/core/gpu/device.ts';
import { canSortBySubgroups, createRadixSort, passesForBits, sortBlockOf, tableEntries } from '../../src/core/gpu/radixSort.ts';
import { type Recorder, createRecorder, groupsFor } from '../../src/core/gpu/recorder.ts';
import { type Extent, createScan, scanBlock } from '../../src/core/gpu/scan.ts';
import { randomNumbers } from '../randomScene.ts';
import { openTestGpus } from './openTestGpu.ts';

const { portable: gpu, full } = await openTestGpus();
const sizes = [0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 100_000];
const maxItems = 100_000;
const random = randomNumbers(41);
const randomWords = (n: number, below: number): Uint32Array => Uint32Array.from({ length: n }, () => Math.floor(random() * below));

/** As toEqual, which takes seconds for long arrays. */
function expectSame(got: Uint32Array, want: Uint32Array): void {
  expect(got.length).toBe(want.length);
  const at = want.findIndex((value, k) => got[k] !== value);
  expect(at < 0 ? 'the same' : `${got[at]} instead of ${want[at]} at ${at}`).toBe('the same');
}

const indirectBits = usage.storage | usage.indirect | usage.copyDst;

/** Making, writing and running on one device. */
function toolsFor(device: Gpu) {
  const { queue } = device.device;
  return {
    words: (label: string, count: number): GPUBuffer => createBuffer(device, label, count * 4),
    write: (buffer: GPUBuffer, data: Uint32Array): void => queue.writeBuffer(buffer, 0, data as Uint32Array<ArrayBuffer>),
    submit(record: (recorder: Recorder) => void): void {
      const encoder = device.device.createCommandEncoder();
      const recorder = createRecorder(encoder);
      record(recorder);
      recorder.end();
      queue.submit([encoder.finish()]);
    },
    /** The same number of workgroups, from a buffer on the GPU, at an offset. */
    indirectly: (items: number, perGroup: number): Extent => ({
      indirect: bufferFrom(device, 'extent', Uint32Array.of(9, 9, 9, ...groupsFor(items, perGroup)), indirectBits),
      offset: 12,
    }),
  };
}
const { words, write, submit, indirectly } = toolsFor(gpu);

/** A scan with little room is one workgroup's work, one with much room that of many. */
describe.each([5000, maxItems])('scan with room for %i', async (room) => {
  const buffers = { counts: words('counts', 4), input: words('input', room), output: words('output', room + 2) };
  const order = words('order', room);
  const plain = await createScan(gpu, { ...buffers, maxItems: room });
  const gathering = await createScan(gpu, { ...buffers, order, maxItems: room });
  const fitting = [...sizes, room].filter((n) => n <= room);

  /** Sums before each entry, and the total. */
  const scanned = (values: Uint32Array): Uint32Array => {
    const out = new Uint32Array(values.length + 1);
    for (let k = 0; k < values.length; k++) out[k + 1] = (out[k] + values[k]) >>> 0;
    return out;
  };

  test.each(fitting.flatMap((n) => [[n, 'direct'] as const, [n, 'indirect'] as const]))('%i entries, %s', async (n, kind) => {
    const values = randomWords(n, 40_000);
    write(buffers.counts, Uint32Array.of(n));
    write(buffers.input, values);
    write(buffers.output, new Uint32Array(room + 2).fill(77));
    submit((recorder) => plain.record(recorder, kind === 'direct' ? { items: n } : indirectly(n, scanBlock)));
    const out = await readU32(gpu, buffers.output);
    expectSame(out.subarray(0, n + 1), scanned(values));
    expect(out[n + 1], 'nothing is written behind the total').toBe(77);
  });

  test('entries are taken in a given order', async () => {
    const n = 5000;
    const [values, shuffled] = [randomWords(n, 1000), Uint32Array.from({ length: n }, (_, k) => (k * 1237 + 11) % n)];
    write(buffers.counts, Uint32Array.of(n));
    write(buffers.input, values);
    write(order, shuffled);
    submit((recorder) => gathering.record(recorder, { items: n }));
    expectSame((await readU32(gpu, buffers.output)).subarray(0, n + 1), scanned(shuffled.map((k) => values[k])));
  });

  test('more workgroups than there is data for do no harm', async () => {
    write(buffers.counts, Uint32Array.of(3));
    write(buffers.input, Uint32Array.of(5, 6, 7, 8));
    submit((recorder) => plain.record(recorder, { items: room }));
    expect([...(await readU32(gpu, buffers.output)).subarray(0, 4)]).toEqual([0, 5, 11, 18]);
  });
});

test('workgroups beyond one dimension fold into two that cover everything', () => {
  expect(groupsFor(0, 64)).toEqual([1, 1, 1]);
  expect(groupsFor(65535 * 64, 64)).toEqual([65535, 1, 1]);
  for (const items of [65535 * 64 + 1, 200_000_000]) {
    const [x, y, z] = groupsFor(items, 64);
    expect(x).toBeLessThanOrEqual(65535);
    expect(x * y * z * 64).toBeGreaterThanOrEqual(items);
  }
});

const sorters = [['owned', gpu], ['long', gpu], ...(canSortBySubgroups(full) ? [['subgroup', full] as const] : [])] as const;
if (sorters.length === 1) console.info('The radix sort with subgroups is not tested: this adapter has none.');

describe.each(sorters)('radix sort, %s', async (variant, device) => {
  const { words, write, submit, indirectly } = toolsFor(device);
  const maxPasses = 6;
  const pairs = {
    keysA: words('keys a', maxItems),
    valuesA: words('values a', maxItems),
    keysB: words('keys b', maxItems),
    valuesB: words('values b', maxItems),
  };
  const counts = { counts: words('counts', 4), tableCounts: words('table counts', 4) };
  const sort = await createRadixSort(device, { ...counts, ...pairs, maxItems, maxPasses, variant });
  const entriesFor = (n: number): number => tableEntries(n, variant);

  async function sorted(keys: Uint32Array, passes: number, kind = 'direct'): Promise<{ keys: Uint32Array; values: Uint32Array }> {
    const n = keys.length;
    write(counts.counts, Uint32Array.of(n));
    write(counts.tableCounts, Uint32Array.of(entriesFor(n)));
    write(pairs.keysA, keys);
    const direct = kind === 'direct';
    const blocks = direct ? { items: n } : indirectly(n, sortBlockOf(variant));
    const table = direct ? { items: entriesFor(n) } : indirectly(entriesFor(n), scanBlock);
    submit((recorder) => sort.record(recorder, passes, blocks, table));
    const [k, v] = passes % 2 === 0 ? [pairs.keysA, pairs.valuesA] : [pairs.keysB, pairs.valuesB];
    return { keys: (await readU32(device, k)).subarray(0, n), values: (await readU32(device, v)).subarray(0, n) };
  }

  /** Positions in the stable order of the lowest bits. */
  const orderOf = (keys: Uint32Array, passes: number): Uint32Array => {
    const low = keys.map((key) => key % 2 ** Math.min(6 * passes, 32));
    return Uint32Array.from(keys.keys()).sort((a, b) => low[a] - low[b] || a - b);
  };

  async function compare(keys: Uint32Array, passes: number, kind?: string): Promise<void> {
    const order = orderOf(keys, passes);
    const got = await sorted(keys, passes, kind);
    expectSame(got.values, order);
    expectSame(
      got.keys,
      order.map((k) => keys[k]),
    );
  }

  test.each(sizes.flatMap((n) => [[n, 'direct'] as const, [n, 'indirect'] as const]))('%i pairs, %s', async (n, kind) => {
    await compare(randomWords(n, 2 ** 24), 4, kind);
  });

  test.each([1, 2, 3, 4, 5, 6])('the lowest bits of %i passes count, in stable order', async (passes) => {
    await compare(randomWords(3000, 2 ** 32), passes);
  });

  test('few distinct keys, one key, the largest key, sorted and reversed', async () => {
    await compare(randomWords(5000, 3), 1);
    for (const key of [0, 7, 2 ** 24 - 1, 2 ** 32 - 1]) await compare(new Uint32Array(2500).fill(key), 4);
    await compare(
      Uint32Array.from({ length: 2500 }, (_, k) => k),
      2,
    );
    await compare(
      Uint32Array.from({ length: 2500 }, (_, k) => 2499 - k),
      2,
    );
    await compare(
      randomWords(2500, 2).map((bit) => (bit === 0 ? 0 : 2 ** 32 - 1)),
      6,
    );
  });

  test('a count of bits needs this many passes', () => {
    expect([0, 1, 6, 7, 12, 24].map(passesForBits)).toEqual([1, 1, 1, 2, 2, 4]);
  });

  test('given values travel with their keys', async () => {
    const given = await createRadixSort(device, { ...counts, ...pairs, maxItems, maxPasses, variant, valuesGiven: true });
    const keys = randomWords(3000, 500);
    write(counts.counts, Uint32Array.of(3000));
    write(counts.tableCounts, Uint32Array.of(entriesFor(3000)));
    write(pairs.keysA, keys);
    write(
      pairs.valuesA,
      keys.map((_, k) => 7 * k + 1),
    );
    submit((recorder) => given.record(recorder, 2, { items: 3000 }, { items: entriesFor(3000) }));
    expectSame(
      (await readU32(device, pairs.valuesA)).subarray(0, 3000),
      orderOf(keys, 2).map((k) => 7 * k + 1),
    );
    given.dispose();
  });

  test('buffers are counted while they live', () => {
    const before = gpu.memory.liveBytes;
    const buffer = createBuffer(gpu, 'counted', 1001);
    expect(gpu.memory.liveBytes).toBe(before + 1004);
    destroyBuffer(gpu, buffer);
    expect(gpu.memory.liveBytes).toBe(before);
  });
});
