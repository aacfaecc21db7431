/** What a run keeps on a disk that is full or damaged: one remark, and what was kept before stays whole. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Failure } from '../../../src/core/job/failure.ts';
import { emptySplats } from '../../../src/core/scene/splats.ts';
import type { TrainSession } from '../../../src/core/train/contract.ts';
import type { TrainMessage } from '../../../workers/protocol.ts';
import { type RunKeeper, openRunKeeper } from '../../../workers/train/runKeeper.ts';
import { Disk, type DiskFolder } from './storeDisk.ts';

const checkpointBytes = 5000;
let disk: Disk;
let folder: DiskFolder;
let keeper: RunKeeper;
let warnings: Failure[];
let kept: TrainMessage[];

beforeEach(async () => {
  disk = new Disk();
  vi.stubGlobal('navigator', disk.navigator());
  [warnings, kept] = [[], []];
  const opened = await openRunKeeper('p', { post: (message) => kept.push(message), warn: (failure) => warnings.push(failure) });
  if (!opened) throw new Error('No keeper.');
  keeper = opened;
  folder = await disk.project('p');
});
afterEach(() => vi.unstubAllGlobals());

const at = (step: number): TrainSession =>
  ({
    step,
    totalSteps: 9,
    checkpointBytes,
    metrics: () => ({ splats: 1 }),
    checkpointParts: async () => [new Uint8Array(checkpointBytes).fill(step)],
  }) as unknown as TrainSession;

const none = emptySplats(0, 0);
const trained = (step: number): Promise<boolean> => keeper.keepTrained(none, { step, totalSteps: 9, splats: 0 });
const newestByte = async (): Promise<number | undefined> => (await keeper.checkpoint()).bytes?.[100];
/** Leaves so many bytes free. */
const leave = (bytes: number): void => void (disk.roomBytes = disk.usedBytes() + bytes);

test('a checkpoint that does not fit leaves the one before, and is said once, though the splats still fit', async () => {
  await keeper.keepCheckpoint(at(1));
  leave(2000);
  for (const step of [2, 3, 4]) {
    await keeper.keepCheckpoint(at(step));
    expect(await trained(step)).toBe(true);
  }
  expect(warnings.map(({ code }) => code)).toEqual(['storage-full']);
  expect(await newestByte()).toBe(1);
  expect(kept.filter((message) => message.type === 'kept' && message.what === 'checkpoint')).toHaveLength(1);
});

test('with room again the next is kept; when it is full once more that is said again', async () => {
  leave(100);
  await keeper.keepCheckpoint(at(1));
  leave(1e6);
  await keeper.keepCheckpoint(at(2));
  expect(await newestByte()).toBe(2);
  leave(100);
  await keeper.keepCheckpoint(at(3));
  await keeper.keepCheckpoint(at(4));
  expect(warnings).toHaveLength(2);
  expect(await newestByte()).toBe(2);
});

test('splats that do not fit are not taken for kept', async () => {
  leave(10);
  expect(await trained(1)).toBe(false);
  leave(1e6);
  expect(await trained(1)).toBe(true);
});

test('of two damaged checkpoints none is taken up, and both are counted, even emptied ones', async () => {
  await keeper.keepCheckpoint(at(1));
  await keeper.keepCheckpoint(at(2));
  folder.files.get('checkpoint-0.bin')!.bytes[200] ^= 1;
  folder.put('checkpoint-1.bin', new Uint8Array(0));
  expect(await keeper.checkpoint()).toEqual({ bytes: null, damaged: 2 });
});

test('a write that was cut short beside a whole checkpoint is no loss', async () => {
  await keeper.keepCheckpoint(at(1));
  folder.put('checkpoint-1.bin', new Uint8Array(300));
  const { bytes, damaged } = await keeper.checkpoint();
  expect([bytes?.length, damaged]).toEqual([checkpointBytes, 0]);
});

test('a new run has no checkpoint and nothing to be sorry for', async () => {
  expect(await keeper.checkpoint()).toEqual({ bytes: null, damaged: 0 });
});

test('a project deleted while it trains: a remark, no exception', async () => {
  const projects = await disk.root.getDirectoryHandle('projects');
  await projects.removeEntry('p', { recursive: true });
  vi.spyOn(folder, 'getFileHandle').mockRejectedValue(new DOMException('It is not there.', 'NotFoundError'));
  await keeper.keepCheckpoint(at(1));
  expect(warnings).toHaveLength(1);
});
