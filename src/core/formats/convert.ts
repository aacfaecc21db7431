/**
 * Converts splat files among the formats other programs open, through @playcanvas/splat-transform, in memory and
 * without a GPU.
 * Invariant: nothing outside the given bytes is read or written, and only the formats listed here reach the library: it would also run
 * scripts (.mjs) and fetch the parts of streamed scenes.
 */
import {
  type ChunkSource,
  type InputFormat,
  MemoryFileSystem,
  MemoryReadFileSystem,
  type OutputFormat,
  createChunkDataPool,
  processSourceBridged,
  readFile,
  writeSource,
} from '@playcanvas/splat-transform';
import { type Result, fail, ok } from '../job/failure.ts';
import { readPly } from './ply.ts';
import { writeSpz } from './spz.ts';

export interface SplatFile {
  name: string;
  bytes: Uint8Array;
}

/** By the end of the name; the first that fits counts. A compressed .ply is recognised by its content when read. */
const inputFormats: [ending: string, format: InputFormat][] = [
  ['.ply', 'ply'],
  ['.splat', 'splat'],
  ['.ksplat', 'ksplat'],
  ['.spz', 'spz'],
  ['.sog', 'sog'],
];
const outputFormats: [ending: string, format: OutputFormat][] = [
  ['.compressed.ply', 'compressed-ply'],
  ['.ply', 'ply'],
  ['.splat', 'splat'],
  ['.spz', 'spz'],
  ['.sog', 'sog-bundle'],
  ['.glb', 'glb'],
];

const formatOf = <T>(formats: [string, T][], name: string): T | null =>
  formats.find(([ending]) => name.toLowerCase().endsWith(ending))?.[1] ?? null;
const endings = (formats: [string, unknown][]): string => formats.map(([ending]) => ending).join(', ');

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Positions alone make a point cloud; splats have shape and colour too. */
const isSplats = (source: ChunkSource): boolean =>
  (['position', 'geometric', 'color'] as const).every((layer) => source.meta.availableLayers.has(layer));

async function open(input: SplatFile, inputFormat: InputFormat): Promise<Result<ChunkSource>> {
  const bad = (why: string): ReturnType<typeof fail> => fail('bad-file', `${input.name} cannot be read: ${why}.`, { file: input.name });
  const fileSystem = new MemoryReadFileSystem();
  fileSystem.set(input.name, input.bytes);
  try {
    const [source] = await readFile({ filename: input.name, inputFormat, fileSystem });
    if (isSplats(source) && source.meta.numGaussians > 0) return ok(source);
    await source.close();
    return bad('it holds no splats');
  } catch (error) {
    return bad(message(error));
  }
}

/** The library's own number of k-means steps. */
const mostLloydSteps = 10;
/** Distances that are searched on the CPU before steps are saved: some ten seconds. */
const cpuDistances = 1e8;

/** Fewer steps for more splats; palettes are then so large (half the splats or more, up to 65,536) that the first guess is near. */
function lloydStepsOnCpu(splats: number): number {
  const palette = Math.min(65536, splats);
  return Math.min(mostLloydSteps, Math.max(1, Math.round(cpuDistances / (splats * palette))));
}

function spzOf(ply: Uint8Array, filename: string): Result<SplatFile[]> {
  const read = readPly(ply, filename);
  return read.ok ? ok([{ name: filename, bytes: writeSpz(read.value.splats) }]) : read;
}

async function write(source: ChunkSource, input: SplatFile, filename: string, outputFormat: OutputFormat): Promise<Result<SplatFile[]>> {
  const iterations = lloydStepsOnCpu(source.meta.numGaussians);
  const pool = createChunkDataPool();
  const fileSystem = new MemoryFileSystem();
  try {
    const finite = await processSourceBridged(source, [{ kind: 'filterNaN' }], pool);
    // The library's .spz writer evaluates text as code, which no page of ours may.
    const isSpz = outputFormat === 'spz';
    const written = isSpz ? ({ filename: 'scene.ply', outputFormat: 'ply' } as const) : { filename, outputFormat };
    await writeSource({ ...written, source: finite, pool, options: { iterations } }, fileSystem);
    await finite.close();
    if (isSpz) return spzOf(fileSystem.results.get(written.filename) ?? new Uint8Array(0), filename);
  } catch (error) {
    return fail('bad-file', `${input.name} cannot be turned into ${filename}: ${message(error)}.`, { file: input.name });
  } finally {
    await source.close();
  }
  return ok([...fileSystem.results].map(([name, bytes]) => ({ name, bytes })));
}

/**
 * Turns a splat file into another format, both told by their names: .ply (also compressed), .splat, .ksplat, .spz and .sog are read;
 * .ply, .compressed.ply, .splat, .spz, .sog and .glb are written. Splats with values that are not finite are left out. `bad-file` for
 * any other ending or a file that cannot be read.
 */
export async function convertSplats(input: SplatFile, outputName: string): Promise<Result<SplatFile[]>> {
  const inputFormat = formatOf(inputFormats, input.name);
  if (!inputFormat) return fail('bad-file', `${input.name} is not a splat file we read: ${endings(inputFormats)}.`, { file: input.name });
  const outputFormat = formatOf(outputFormats, outputName);
  if (!outputFormat)
    return fail('bad-file', `${outputName} is not a splat file we write: ${endings(outputFormats)}.`, { file: outputName });
  const source = await open(input, inputFormat);
  return source.ok ? write(source.value, input, outputName, outputFormat) : source;
}
