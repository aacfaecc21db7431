/**
 * Which radix sort a device runs: on hardware two are tried on the same pairs, and the faster that is right is taken.
 * Invariant: a variant whose result is wrong is never chosen; all give the same order, so the choice changes nothing but time.
 */
import { bufferFrom, createBuffer, destroyBuffer, readU32 } from './buffers.ts';
import type { Gpu } from './device.ts';
import { type SortVariant, canSortBySubgroups, createRadixSort, tableEntries } from './radixSort.ts';
import { createRecorder } from './recorder.ts';

/** Enough to keep a large GPU busy for a moment. */
const pairs = 2 ** 16;
const passes = 3;
const rounds = 3;

const chosen = new WeakMap<GPUDevice, Promise<SortVariant>>();

/** Milliseconds of one sort at best; null when the order is wrong. */
async function timed(gpu: Gpu, variant: SortVariant): Promise<number | null> {
  const keys = Uint32Array.from({ length: pairs }, (_, k) => Math.imul(k, 2654435761) >>> 14);
  const counts = bufferFrom(gpu, 'trial count', Uint32Array.of(pairs));
  const tableCounts = bufferFrom(gpu, 'trial table count', Uint32Array.of(tableEntries(pairs, variant)));
  const room = (label: string): GPUBuffer => createBuffer(gpu, label, 4 * pairs);
  const buffers = {
    keysA: room('trial keys A'),
    valuesA: room('trial values A'),
    keysB: room('trial keys B'),
    valuesB: room('trial values B'),
  };
  const sort = await createRadixSort(gpu, { counts, tableCounts, ...buffers, maxItems: pairs, maxPasses: passes, variant });
  const { queue } = gpu.device;
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    queue.writeBuffer(buffers.keysA, 0, keys);
    await queue.onSubmittedWorkDone();
    const start = performance.now();
    const encoder = gpu.device.createCommandEncoder();
    const recorder = createRecorder(encoder);
    sort.record(recorder, passes, { items: pairs }, { items: tableEntries(pairs, variant) });
    recorder.end();
    queue.submit([encoder.finish()]);
    await queue.onSubmittedWorkDone();
    best = Math.min(best, performance.now() - start);
  }
  const [sorted, order] = await Promise.all([readU32(gpu, buffers.keysB), readU32(gpu, buffers.valuesB)]);
  sort.dispose();
  for (const buffer of [counts, tableCounts, ...Object.values(buffers)]) destroyBuffer(gpu, buffer);
  const right = sorted.every((key, k) => key === keys[order[k]] && (k === 0 || key > sorted[k - 1] || order[k] > order[k - 1]));
  return right ? best : null;
}

async function choose(gpu: Gpu): Promise<SortVariant> {
  // A processor that plays a GPU takes seconds to compile each variant, so there nothing is tried: long runs are four times as fast there as
  // owned columns, and ballots, lane by lane, ten times slower.
  if (gpu.isSoftware) return 'long';
  if (!canSortBySubgroups(gpu)) return 'owned';
  const bySubgroups = await timed(gpu, 'subgroup');
  const owned = await timed(gpu, 'owned');
  return bySubgroups !== null && bySubgroups < (owned ?? Infinity) ? 'subgroup' : 'owned';
}

/** Measured once per device. One that is lost meanwhile runs nothing any more; who uses it is told of the loss by itself. */
export function chooseSort(gpu: Gpu): Promise<SortVariant> {
  const choice = chosen.get(gpu.device) ?? choose(gpu).catch((): SortVariant => 'owned');
  chosen.set(gpu.device, choice);
  return choice;
}
