/**
 * Train keeper: what a training run leaves on disk as it goes, at intervals: its checkpoint, and the splats so far to look at.
 * Invariant: keeping never ends a run. What could not be written is said once as a warning, the run goes on, and the file before stays whole.
 */
import { basename } from 'node:path';
import { writePly } from '../core/formats/ply.ts';
import type { JobEvent } from '../core/job/events.ts';
import { type Result, ok } from '../core/job/failure.ts';
import type { TrainSession } from '../core/train/contract.ts';
import type { TrainCommand } from './args.ts';
import { writeWhole } from './outputFiles.ts';

/** What is done again and again while training. */
export interface Chore {
  everySeconds: number;
  /** Null: there is nothing to write any more, the device is lost. */
  write(): Promise<Result<void> | null>;
  /** Told after each file written. */
  done?: JobEvent;
}

/** Reading back ends when the device is lost; the run itself says so. */
const whileThere = <T>(session: TrainSession, read: Promise<T>): Promise<T | null> =>
  Promise.race([read.catch(() => null), session.gpu.lost.then(() => null)]);

async function writeCheckpoint(session: TrainSession, path: string): Promise<Result<void> | null> {
  const parts = await whileThere(session, session.checkpointParts());
  return parts && writeWhole(path, parts);
}

async function writePreview(session: TrainSession, path: string): Promise<Result<void> | null> {
  const splats = await whileThere(session, session.splats());
  if (!splats) return null;
  const bytes = writePly(splats);
  if (/\.ply$/i.test(path)) return writeWhole(path, bytes);
  const { convertSplats } = await import('../core/formats/convert.ts');
  const files = await convertSplats({ name: 'scene.ply', bytes }, basename(path));
  return files.ok ? writeWhole(path, files.value[0].bytes) : files;
}

/** What the command wants written while training. */
export function choresOf(session: TrainSession, { checkpoint, checkpointEverySeconds, preview }: TrainCommand): Chore[] {
  const chores: Chore[] = [];
  if (checkpoint !== undefined && checkpointEverySeconds !== undefined)
    chores.push({ everySeconds: checkpointEverySeconds, write: () => writeCheckpoint(session, checkpoint) });
  if (preview)
    chores.push({ everySeconds: preview.everySeconds, write: () => writePreview(session, preview.path), done: { type: 'preview-ready' } });
  return chores;
}

/** Does the chores, one at a time, until `end`, which waits for the one under way. `stepNow`: nothing is written twice for a step. */
export function startKeeper(chores: Chore[], stepNow: () => number, emit: (event: JobEvent) => void): { end(): Promise<void> } {
  const states = chores.map((chore) => ({ chore, dueMs: Date.now() + 1000 * chore.everySeconds, step: stepNow(), hasFailed: false }));
  let [isEnded, underWay] = [false, Promise.resolve()];
  let timer: NodeJS.Timeout | undefined;

  async function doChore(state: (typeof states)[number]): Promise<void> {
    const step = stepNow();
    if (step !== state.step) {
      const written = (await state.chore.write()) ?? ok(undefined);
      state.step = step;
      if (written.ok && state.chore.done) emit(state.chore.done);
      if (!written.ok && !state.hasFailed) emit({ type: 'warning', failure: written.failure });
      state.hasFailed = !written.ok;
    }
    state.dueMs = Date.now() + 1000 * state.chore.everySeconds;
  }

  async function doWhatIsDue(): Promise<void> {
    for (const state of states) if (!isEnded && state.dueMs <= Date.now()) await doChore(state);
    plan();
  }

  function plan(): void {
    if (isEnded || states.length === 0) return;
    const dueMs = Math.min(...states.map((state) => state.dueMs));
    timer = setTimeout(() => void (underWay = doWhatIsDue()), Math.max(0, dueMs - Date.now()));
  }

  plan();
  return {
    async end() {
      isEnded = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}
