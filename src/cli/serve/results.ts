/**
 * Results: the files of a finished run in the forms the cloud asks for, and its figures.
 * Invariant: the .ply is always among them or the run has failed; any other form that cannot be made is left out and said.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import * as z from 'zod';
import { type NamedBytes, readColmapBinary } from '../../core/formats/colmapBinary.ts';
import type { OutputFile, OutputKind, TrainerMetrics } from '../../core/job/trainerApi.ts';
import { writeWhole } from '../outputFiles.ts';
import { programVersion } from '../programVersion.ts';
import { factsOf } from './fileHash.ts';
import type { JobFolder } from './workFolder.ts';

export type MadeFile = OutputFile & { path: string };

/** Runs `splat convert`; false when it could not. */
export type Convert = (input: string, output: string) => Promise<boolean>;

const pictureWidthPx: Partial<Record<OutputKind, number>> = { thumbnail: 640, poster: 1280 };

/** The first held-out view as the trainer drew it, as WebP; nothing when none was held out. */
async function makePicture(out: string, path: string, widthPx: number): Promise<string | null> {
  const [first] = (await readdir(join(out, 'renders')).catch(() => [])).sort();
  if (first === undefined) return null;
  const picture = sharp(join(out, 'renders', first)).resize({ width: widthPx, withoutEnlargement: true });
  await picture.webp({ quality: 82 }).toFile(path);
  return path;
}

/** The solved cameras and poses as JSON, with the fields and units of src/core/scene/camera.ts. */
async function makeCameras(out: string, path: string): Promise<string | null> {
  const file = async (name: string): Promise<NamedBytes> => ({ path: name, bytes: await readFile(join(out, 'sparse', '0', name)) });
  const model = readColmapBinary(await file('cameras.bin'), await file('images.bin'), null);
  if (!model.ok) return null;
  const { cameras, views } = model.value;
  return (await writeWhole(path, JSON.stringify({ version: 1, cameras, views }))).ok ? path : null;
}

/** The path of one form; null when it cannot be made. */
async function makeFile(kind: OutputKind, out: string, convert: Convert): Promise<string | null> {
  const scene = join(out, 'scene.ply');
  const at = (name: string): string => join(out, name);
  switch (kind) {
    case 'ply':
      return scene;
    case 'splat':
    case 'spz':
    case 'sog':
      return (await convert(scene, at(`scene.${kind}`))) ? at(`scene.${kind}`) : null;
    case 'thumbnail':
    case 'poster':
      return makePicture(out, at(`${kind}.webp`), pictureWidthPx[kind]!);
    case 'cameras':
      return makeCameras(out, at('cameras.json'));
    case 'metrics':
      return at('metrics.json');
    // Both are for the time before the end.
    case 'preview':
    case 'checkpoint':
      return null;
  }
}

/** Makes what was asked for, and the .ply always. Null: there is no .ply. */
export async function makeFiles(
  wanted: readonly OutputKind[],
  { out }: JobFolder,
  convert: Convert,
  note: (line: string) => void,
): Promise<MadeFile[] | null> {
  const files: MadeFile[] = [];
  for (const kind of new Set<OutputKind>(['ply', ...wanted])) {
    if (kind === 'preview' || kind === 'checkpoint') continue;
    const path = await makeFile(kind, out, convert).catch(() => null);
    const facts = path === null ? null : await factsOf(path);
    if (path !== null && facts && facts.bytes > 0) files.push({ kind, path, ...facts });
    else if (kind === 'ply') return null;
    else note(`The result has no ${kind}: it could not be made.`);
  }
  return files;
}

const metricsFile = z.object({
  adapter: z.string(),
  splats: z.number(),
  steps: z.number(),
  psnrDb: z.number().nullable(),
  ssim: z.number().nullable(),
  secondsByStage: z.record(z.string(), z.number()),
});

const solveFile = z.object({ registered: z.number() });

const jsonOf = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8')) as unknown;

/** What the cloud keeps in its accounts; null when the run's own figures cannot be read. `gpuSeconds`: what the engine took. */
export async function readMetrics({ out }: JobFolder, photos: number, gpuSeconds: number): Promise<TrainerMetrics | null> {
  try {
    const { adapter, splats, steps, psnrDb, ssim, secondsByStage } = metricsFile.parse(await jsonOf(join(out, 'metrics.json')));
    const { registered } = solveFile.parse(await jsonOf(join(out, 'solve.json')));
    return {
      ...{ engine: `splat ${programVersion}`, device: adapter.slice(0, 200), photos, registered },
      ...{ splats, steps, psnrDb, ssim, gpuSeconds, secondsByStage },
    };
  } catch {
    return null;
  }
}
