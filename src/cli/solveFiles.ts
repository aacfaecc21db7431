/**
 * Solve files: what solving leaves behind in its folder.
 * Invariant: sparse/0 is a COLMAP model in both forms, with the same numbers in both.
 */
import { join } from 'node:path';
import { writeColmapBinary, writeColmapText } from '../core/formats/colmapWrite.ts';
import { type Result, ok } from '../core/job/failure.ts';
import type { Solved, SolveOptions } from '../core/sfm/contract.ts';
import { writeWhole } from './outputFiles.ts';
import { programVersion } from './programVersion.ts';

/** Writes OUT/sparse/0 and OUT/solve.json. */
export async function writeSolved(out: string, solved: Solved, options: SolveOptions): Promise<Result<void>> {
  const { reconstruction, observations, report } = solved;
  const model = join(out, 'sparse', '0');
  const forms = { bin: writeColmapBinary(reconstruction, observations), txt: writeColmapText(reconstruction, observations) };
  for (const [extension, files] of Object.entries(forms))
    for (const [name, bytes] of Object.entries(files) as [string, Uint8Array][]) {
      const written = await writeWhole(join(model, `${name}.${extension}`), bytes);
      if (!written.ok) return written;
    }
  const summary = `${JSON.stringify({ version: programVersion, options, ...report }, null, 2)}\n`;
  const written = await writeWhole(join(out, 'solve.json'), summary);
  return written.ok ? ok(undefined) : written;
}
