/**
 * Reads a splat file of any format the viewer reads as splats in full precision: what is edited and written again.
 * Invariant: the decoders are the viewer's own, so what is exported is what was seen; every splat handed back can be drawn.
 */
import { type Failure, type Result, fail, ok } from '../job/failure.ts';
import { type Splats, emptySplats, shBasisCount } from '../scene/splats.ts';
import { type ByteReader, createByteReader } from './decode/byteReader.ts';
import { decodeCompressedPly } from './decode/compressedPly.ts';
import { decodeDotSplat } from './decode/dotSplat.ts';
import type { Intake } from './decode/intake.ts';
import { decodePly, peekHeader } from './decode/plyRows.ts';
import { Refusal, messageOf, refuse } from './decode/refusal.ts';
import { sniff, sniffBytes } from './decode/sniff.ts';
import { keepUsable } from './decode/usable.ts';
import type { DecodeOptions, SplatFormat, SplatInput } from './splatStream.ts';

export interface WholeSplats {
  splats: Splats;
  format: SplatFormat;
  /** One `bad-file` for splats that were left out, and what else the decoder had to say. */
  warnings: Failure[];
}

type Columns = Pick<Splats, 'means' | 'logScales' | 'quats' | 'opacityLogits' | 'sh'>;
const columnNames = ['means', 'logScales', 'quats', 'opacityLogits', 'sh'] as const satisfies (keyof Columns)[];

interface Collector extends Intake {
  whole(): WholeSplats;
}

/** Room for as many splats as are there, at least doubled: declared numbers are not believed before their bytes have come. */
function grown(splats: Splats, count: number): Splats {
  const larger = emptySplats(Math.max(count, 2 * splats.count), splats.shDegree, splats.antialiased);
  for (const name of columnNames) larger[name].set(splats[name]);
  return larger;
}

/** The first `count` of them, without the room behind. */
function cut(splats: Splats, count: number): Splats {
  const part = emptySplats(0, splats.shDegree, splats.antialiased);
  const stride = { means: 3, logScales: 3, quats: 4, opacityLogits: 1, sh: 3 * shBasisCount(splats.shDegree) };
  for (const name of columnNames) part[name] = splats[name].slice(0, stride[name] * count);
  return { ...part, count };
}

function createCollector(name: string): Collector {
  const warnings: Failure[] = [];
  let format: SplatFormat | null = null;
  let room = emptySplats(0, 0);
  let count = 0;
  let unusable = 0;
  const warn = (detail: string): void => void warnings.push({ code: 'bad-file', detail, file: name });

  return {
    open(shape) {
      format = shape.format;
      room = emptySplats(Math.min(shape.expected ?? 0, 1 << 20), shape.shDegree, shape.antialiased);
    },
    async push(splats) {
      const kept = keepUsable(splats);
      unusable += splats.count - kept;
      if (count + kept > room.count) room = grown(room, count + kept);
      const stride = { means: 3, logScales: 3, quats: 4, opacityLogits: 1, sh: 3 * shBasisCount(room.shDegree) };
      for (const column of columnNames) room[column].set(splats[column].subarray(0, stride[column] * kept), stride[column] * count);
      count += kept;
    },
    warn,
    finish: () => refuse(name, 'is read as a whole'),
    whole() {
      if (!format || count === 0) return refuse(name, 'holds no splats that can be drawn');
      if (unusable > 0) warn(`${unusable} of ${count + unusable} splats in ${name} had values that are not finite and were left out.`);
      return { splats: count === room.count ? room : cut(room, count), format, warnings };
    },
  };
}

async function decode(reader: ByteReader, name: string, options: DecodeOptions, intake: Intake): Promise<void> {
  const sniffed = sniff(await reader.peek(sniffBytes), name, reader.totalBytes);
  if ('isInstead' in sniffed) return refuse(name, `is not a splat file: it is ${sniffed.isInstead}`);
  const { format } = sniffed;
  if (format === 'ply' || format === 'compressed-ply') {
    const head = new TextDecoder('latin1').decode(await peekHeader(reader, name));
    return (/^property \w+ packed_position\s*$/m.test(head) ? decodeCompressedPly : decodePly)(reader, name, intake);
  }
  if (format === 'splat') return decodeDotSplat(reader, name, intake);
  if (format === 'gltf' || format === 'glb')
    return (await import('./decode/gltfSplats.ts')).decodeGltf(reader, name, intake, options, format);
  const library = await import('./decode/throughLibrary.ts');
  if (format === 'spz') return library.decodeSpz(reader, name, intake);
  if (format === 'ksplat') return library.decodeKsplat(reader, name, intake);
  return library.decodeSog(reader, name, intake, options, format === 'sog-folder');
}

/**
 * All splats of a file. `bad-file` for what is no whole splat file, `out-of-memory` where they do not fit.
 * @param webpWasmUrl where SOG's WebP decoder lies
 */
export async function readSplats(input: SplatInput, webpWasmUrl: string | null): Promise<Result<WholeSplats>> {
  const { name } = input;
  const reader = createByteReader(input, { progress: () => undefined });
  const collector = createCollector(name);
  try {
    await decode(reader, name, { maxSplats: null, webpWasmUrl, sibling: null }, collector);
    return ok(collector.whole());
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, failure: error.failure };
    const tooBig = error instanceof RangeError && /alloc|array length|buffer/i.test(error.message);
    if (tooBig) return fail('out-of-memory', `${name} does not fit into memory: ${messageOf(error)}.`, { file: name });
    return fail('bad-file', `${name} cannot be read: ${messageOf(error)}.`, { file: name });
  } finally {
    await reader.close();
  }
}
