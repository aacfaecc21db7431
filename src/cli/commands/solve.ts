/**
 * splat solve: photos or a video on disk become OUT/sparse/0 (COLMAP) and OUT/solve.json.
 * Invariant: nothing is written but a video's frames and the cache until the cameras are found.
 */
import { join } from 'node:path';
import type { Gpu } from '../../core/gpu/device.ts';
import { type Result, ok } from '../../core/job/failure.ts';
import type { SolveOptions } from '../../core/sfm/contract.ts';
import type { SolveCommand } from '../args.ts';
import { knownIntrinsics } from '../intrinsics.ts';
import { openNodeGpu } from '../nodeGpu.ts';
import { makeFolder } from '../outputFiles.ts';
import { frameSidePx, type PhotoSource, openPhotos } from '../photoSource.ts';
import { photoSizeOf } from '../solveDecode.ts';
import { runSolve, tellSolved } from '../runSolve.ts';
import { writeSolved } from '../solveFiles.ts';
import type { Ending, World } from '../world.ts';

async function prepare(command: SolveCommand, { reporter }: World, signal: AbortSignal): Promise<Result<PhotoSource>> {
  const folder = await makeFolder(command.out);
  if (!folder.ok) return folder;
  reporter.emit({ type: 'stage-started', stage: 'read' });
  const place = { framesFolder: join(command.out, 'images'), maxSidePx: command.options.widthPx ?? frameSidePx };
  return openPhotos(command.photos, place, { emit: reporter.emit, signal });
}

async function solveOptions(command: SolveCommand, { photos, video }: PhotoSource): Promise<Result<SolveOptions>> {
  const options: SolveOptions = { ...command.options, ...(video && { video: true }) };
  if (!command.intrinsics) return ok(options);
  const intrinsics = await knownIntrinsics(command.intrinsics, () => photoSizeOf(photos[0]));
  return intrinsics.ok ? ok({ ...options, intrinsics: intrinsics.value }) : intrinsics;
}

/** A GPU when there is one; the processor does the same work, only slower. */
async function openGpu({ reporter }: World): Promise<Gpu | null> {
  const gpu = await openNodeGpu();
  if (gpu.ok) {
    reporter.note(`Adapter: ${gpu.value.adapterName}`);
    return gpu.value;
  }
  reporter.note(`Warning: no graphics device can be used, so the processor does all the work. ${gpu.failure.detail}`);
  return null;
}

/** Runs the command. Fails with whatever reading, solving or saving fails with; `cancelled` when the person wished to stop. */
export async function solve(command: SolveCommand, world: World): Promise<Result<Ending>> {
  const abort = new AbortController();
  world.interrupts.onRequest(() => {
    world.reporter.note('Stopping; Ctrl-C again leaves at once.');
    abort.abort();
  });
  const source = await prepare(command, world, abort.signal);
  if (!source.ok) return source;
  const options = await solveOptions(command, source.value);
  if (!options.ok) return options;
  const gpu = await openGpu(world);
  const solved = await runSolve(gpu, source.value, options.value, command.cache, world, abort.signal);
  gpu?.dispose();
  if (!solved.ok) return solved;
  for (const failure of solved.value.warnings) world.reporter.emit({ type: 'warning', failure });
  world.reporter.emit({ type: 'stage-started', stage: 'save' });
  const saved = await writeSolved(command.out, solved.value, options.value);
  if (!saved.ok) return saved;
  tellSolved(solved.value, world);
  world.reporter.result(`Saved ${join(command.out, 'sparse', '0')} and ${join(command.out, 'solve.json')}.`);
  return ok('done');
}
