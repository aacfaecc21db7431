/**
 * What a run leaves in its project's folder as it goes: the solved cameras, checkpoints in turns, the trained splats.
 * Invariant: keeping never ends a run. What could not be kept is said once as a warning; the run goes on, and the files before stay whole.
 */
import { writePly } from '../../src/core/formats/ply.ts';
import { type Failure, type Result, fail } from '../../src/core/job/failure.ts';
import { checkpointFiles, solvedFile, trainedFiles } from '../../src/core/project/layout.ts';
import type { SourceFile } from '../../src/core/scene/dataset.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import type { Solved } from '../../src/core/sfm/contract.ts';
import { readSolved, writeSolved } from '../../src/core/sfm/solvedFile.ts';
import type { TrainSession } from '../../src/core/train/contract.ts';
import type { TrainMessage } from '../protocol.ts';
import { openProjectFolder, readNewest, readSealed, roomBytes, tooLittleRoom, writeNext, writeSealed } from '../store/projectFolder.ts';

/** The step of splats that are kept. */
export interface KeptAt {
  step: number;
  totalSteps: number;
  splats: number;
}

export interface RunKeeper {
  /** Cameras solved before from these photos; null when there are none. */
  solved(photos: readonly SourceFile[]): Promise<Solved | null>;
  keepSolved(solved: Solved, photos: readonly SourceFile[]): Promise<void>;
  /** The newest whole checkpoint; `damaged`: how many newer ones were not whole. */
  checkpoint(): Promise<{ bytes: Uint8Array | null; damaged: number }>;
  keepCheckpoint(session: TrainSession): Promise<void>;
  /** False when they could not be kept. */
  keepTrained(splats: Splats, at: KeptAt): Promise<boolean>;
  /** Says before training begins when the run will not fit. */
  checkRoom(session: TrainSession): Promise<void>;
}

type Kept = Extract<TrainMessage, { type: 'kept' }>;

interface Telling {
  post(message: TrainMessage): void;
  warn(failure: Failure): void;
}

function createKeeper(folder: FileSystemDirectoryHandle, { post, warn }: Telling): RunKeeper {
  /** What did not fit. The smaller splats may still fit where a checkpoint does not: they are no news about it. */
  const unkept = new Set<Kept['what']>();
  const warnOnce = (what: Kept['what'], failure: Failure): void => {
    if (unkept.size === 0) warn(failure);
    unkept.add(what);
  };
  const told = (written: Result<number>, message: Kept): boolean => {
    if (written.ok) {
      unkept.delete(message.what);
      post(message);
    } else warnOnce(message.what, written.failure);
    return written.ok;
  };

  return {
    async solved(photos) {
      const bytes = await readSealed(folder, solvedFile);
      return bytes && readSolved(bytes, photos);
    },
    async keepSolved(solved, photos) {
      told(await writeSealed(folder, solvedFile, writeSolved(solved, photos)), { type: 'kept', what: 'solved', at: null });
    },
    checkpoint: () => readNewest(folder, checkpointFiles),
    async keepCheckpoint(session) {
      const { step, totalSteps } = session;
      const { splats } = session.metrics();
      const parts = await session.checkpointParts().catch(() => null); // The device is lost: the run says so itself.
      if (!parts) return;
      told(await writeNext(folder, checkpointFiles, parts), { type: 'kept', what: 'checkpoint', at: { step, totalSteps, splats } });
    },
    async keepTrained(splats, at) {
      return told(await writeNext(folder, trainedFiles, [writePly(splats)]), { type: 'kept', what: 'trained', at });
    },
    async checkRoom({ checkpointBytes }) {
      // Two checkpoints in turns, and the splats, which are smaller than a third of one.
      const [needed, free] = [Math.ceil(2.7 * checkpointBytes), await roomBytes()];
      if (needed > free) warnOnce('checkpoint', tooLittleRoom(needed, free).failure);
    },
  };
}

/** The keeper of a project; null where nothing can be kept. */
export async function openRunKeeper(projectId: string, telling: Telling): Promise<RunKeeper | null> {
  try {
    return createKeeper(await openProjectFolder(projectId), telling);
  } catch {
    telling.warn(fail('storage-full', 'This browser lets the page keep nothing here. Save the result before you leave.').failure);
    return null;
  }
}
