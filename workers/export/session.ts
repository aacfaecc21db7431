/**
 * One export: a splat file read once, edited once, and written as often as it is asked for.
 * Invariant: a file that no edit touches goes out in its own format byte for byte; what was written is kept and never written twice.
 */
import { writePly } from '../../src/core/formats/ply.ts';
import { type WholeSplats, readSplats } from '../../src/core/formats/readSplats.ts';
import { aboutBytes, compressedPlyBytes, dotSplatBytes, plyBytes } from '../../src/core/formats/splatFileSizes.ts';
import type { SplatFormat } from '../../src/core/formats/splatStream.ts';
import { type Result, fail, ok } from '../../src/core/job/failure.ts';
import type { EditOperation } from '../../src/core/scene/edit/operations.ts';
import type { Splats } from '../../src/core/scene/splats.ts';
import type { SaveFormat } from '../protocol.ts';
import { blobPieces } from './blobPieces.ts';
import type { ExportSummary, OpenExport, PageWish } from './messages.ts';
import { pageOf } from './page.ts';

/** What the session does not do itself. */
export interface ExportTools {
  applyEdits(splats: Splats, edits: readonly EditOperation[]): Splats;
  /** A .ply as another format. */
  convert(ply: { name: string; bytes: Uint8Array }, format: SaveFormat): Promise<Result<Blob>>;
  /** Version of what writes compressed .ply, which is named in the file. */
  writerVersion: string;
  webpWasmUrl: string | null;
}

export interface ExportSession {
  readonly summary: ExportSummary;
  encode(format: SaveFormat): Promise<Result<Blob>>;
  page(wish: PageWish): Promise<Result<Blob>>;
}

const savedAs: Partial<Record<SplatFormat, SaveFormat>> = {
  ply: 'ply',
  'compressed-ply': 'compressed.ply',
  splat: 'splat',
  spz: 'spz',
  sog: 'sog',
  glb: 'glb',
};

/** Start view, background and hotspots say how to look at the splats; they do not change them. */
const touchesSplats = ({ kind }: EditOperation): boolean => ['crop-box', 'crop-sphere', 'delete', 'floaters', 'orient'].includes(kind);

/** Splats that are written within some seconds. The palette of a .sog's spherical harmonics is searched for on the CPU. */
const quickSplats = (format: SaveFormat, shDegree: number): number => (format !== 'sog' ? 500_000 : shDegree === 0 ? 300_000 : 40_000);

function summaryOf(
  { splats, warnings }: WholeSplats,
  countBefore: number,
  own: { format: SaveFormat; bytes: number } | null,
  version: string,
) {
  const { count, shDegree } = splats;
  const exactBytes: ExportSummary['exactBytes'] = {
    ply: plyBytes(splats),
    'compressed.ply': compressedPlyBytes(splats, version),
    splat: dotSplatBytes(splats),
    ...(own && { [own.format]: own.bytes }),
  };
  const packed = (['spz', 'glb', 'sog'] as const).filter((format) => exactBytes[format] === undefined);
  return {
    count,
    countBefore,
    shDegree,
    exactBytes,
    aboutBytes: Object.fromEntries(packed.map((format) => [format, aboutBytes(splats, format)])),
    ahead: packed.filter((format) => count <= quickSplats(format, shDegree)),
    warnings,
  } satisfies ExportSummary;
}

/** Reads and edits the file. `bad-file` when it cannot be read or the edits leave nothing. */
export async function openExport({ file, fileName, edits }: Omit<OpenExport, 'type'>, tools: ExportTools): Promise<Result<ExportSession>> {
  const chunks = blobPieces(file);
  const read = await readSplats({ chunks, name: fileName, totalBytes: file.size }, tools.webpWasmUrl);
  if (!read.ok) return read;
  const touched = edits.some(touchesSplats);
  const before = read.value.splats.count;
  const splats = touched ? tools.applyEdits(read.value.splats, edits) : read.value.splats;
  if (splats.count === 0) return fail('bad-file', `The edits of ${fileName} leave no splats.`, { file: fileName });

  const format = touched ? null : (savedAs[read.value.format] ?? null);
  const own = format && { format, bytes: file.size };
  const written = new Map<SaveFormat, Blob>(own ? [[own.format, file]] : []);

  async function encode(wanted: SaveFormat): Promise<Result<Blob>> {
    const kept = written.get(wanted);
    if (kept) return ok(kept);
    const ply = writePly(splats) as Uint8Array<ArrayBuffer>;
    const made =
      wanted === 'ply'
        ? ok(new Blob([ply], { type: 'application/octet-stream' }))
        : await tools.convert({ name: 'scene.ply', bytes: ply }, wanted);
    if (made.ok) written.set(wanted, made.value);
    return made;
  }

  return ok({
    summary: summaryOf({ ...read.value, splats }, before, own, tools.writerVersion),
    encode,
    async page(wish) {
      const packed = await encode('spz');
      return packed.ok ? ok(await pageOf(packed.value, 'scene.spz', wish)) : packed;
    },
  });
}
