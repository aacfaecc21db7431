/**
 * splat render: a splat file as seen by a dataset's cameras, one PNG per photo.
 * Invariant: a picture shows what the undistorted photo of that name and width would show, pixel for pixel in place.
 */
import { basename } from 'node:path';
import { convertSplats } from '../../core/formats/convert.ts';
import { readPly } from '../../core/formats/ply.ts';
import type { Gpu } from '../../core/gpu/device.ts';
import { levelsFor, viewAt } from '../../core/image/undistort.ts';
import { type Result, fail, ok } from '../../core/job/failure.ts';
import { createRenderer } from '../../core/raster/renderer.ts';
import type { PinholeView } from '../../core/scene/camera.ts';
import type { Reconstruction } from '../../core/scene/reconstruction.ts';
import type { Splats } from '../../core/scene/splats.ts';
import type { RenderCommand } from '../args.ts';
import { readWhole } from '../inputFiles.ts';
import { openNodeGpu } from '../nodeGpu.ts';
import { openDataset } from '../openDataset.ts';
import { makeFolder, refusePhotoFolder } from '../outputFiles.ts';
import { createPictureWriter } from '../pictures.ts';
import type { Reporter } from '../reporter.ts';
import type { Ending, World } from '../world.ts';

interface NamedView {
  photoName: string;
  view: PinholeView;
}

/** A PLY of ours keeps every bit and its flags; whatever else splat-transform reads (a compressed .ply too) comes by way of one. */
async function readSplatFile(path: string, reporter: Reporter): Promise<Result<Splats>> {
  const bytes = await readWhole(path);
  if (!bytes.ok) return bytes;
  const name = basename(path);
  let read = readPly(bytes.value, name);
  if (!read.ok) {
    const converted = await convertSplats({ name, bytes: bytes.value }, 'scene.ply');
    if (!converted.ok) return converted;
    read = readPly(converted.value[0].bytes, name);
  }
  if (!read.ok) return read;
  for (const failure of read.value.warnings) reporter.emit({ type: 'warning', failure });
  return ok(read.value.splats);
}

/** The cameras asked for, as ideal pinholes of the wanted width (the photo's own when null). */
function chooseViews({ cameras, views }: Reconstruction, { holdout, widthPx }: RenderCommand): NamedView[] {
  const cameraOf = new Map(cameras.map((camera) => [camera.id, camera]));
  const chosen = holdout === 0 ? views : views.filter((_, i) => i % holdout === 0);
  return chosen.flatMap(({ photoName, cameraId, pose }) => {
    const camera = cameraOf.get(cameraId);
    return camera ? [{ photoName, view: viewAt(levelsFor(camera, widthPx ?? camera.widthPx)[0], pose) }] : [];
  });
}

async function renderAll(
  gpu: Gpu,
  splats: Splats,
  views: NamedView[],
  out: string,
  { reporter, interrupts }: World,
): Promise<Result<void>> {
  reporter.emit({ type: 'stage-started', stage: 'save' });
  const writePicture = createPictureWriter(out);
  const renderer = await createRenderer(gpu, splats);
  try {
    const startMs = performance.now();
    for (const [i, { photoName, view }] of views.entries()) {
      if (interrupts.requested) return fail('cancelled', `Stopped after ${i} of ${views.length} pictures.`);
      const written = await writePicture(photoName, await renderer.render(view));
      if (!written.ok) return written;
      const done = i + 1;
      const secondsLeft = ((performance.now() - startMs) / 1000 / done) * (views.length - done);
      reporter.emit({ type: 'progress', stage: 'save', done, total: views.length, unit: 'views', secondsLeft });
    }
    return ok(undefined);
  } finally {
    renderer.dispose();
  }
}

/** Runs the command. Fails with what reading the splat, the dataset or the GPU fails with. */
export async function render(command: RenderCommand, world: World): Promise<Result<Ending>> {
  const { reporter } = world;
  const folder = await makeFolder(command.out);
  if (!folder.ok) return folder;
  reporter.emit({ type: 'stage-started', stage: 'read' });
  const splats = await readSplatFile(command.scene, reporter);
  if (!splats.ok) return splats;
  const opened = await openDataset(command.cameras, command.poses);
  if (!opened.ok) return opened;
  const { dataset, photoPaths } = opened.value;
  for (const failure of dataset.warnings) reporter.emit({ type: 'warning', failure });
  const free = await refusePhotoFolder(command.out, photoPaths);
  if (!free.ok) return free;
  world.interrupts.onRequest(() => reporter.note('Stopping after the picture under way; Ctrl-C again leaves at once.'));
  const gpu = await openNodeGpu();
  if (!gpu.ok) return gpu;
  reporter.note(`Adapter: ${gpu.value.adapterName}`);
  try {
    const views = chooseViews(dataset.reconstruction, command);
    const rendered = await renderAll(gpu.value, splats.value, views, command.out, world);
    if (!rendered.ok) return rendered;
    reporter.result(`Saved ${views.length} pictures in ${command.out}.`);
    return ok('done');
  } finally {
    gpu.value.dispose();
  }
}
