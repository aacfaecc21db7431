/**
 * The .splat format (antimatter15): 32 bytes a splat, mean and linear scale as floats, colour and opacity as bytes, quaternion wxyz as
 * bytes around 128.
 * Invariant: rows are delivered as they arrive; a file whose first rows cannot be splats is refused before anything is.
 */
import { type Splats, emptySplats } from '../../scene/splats.ts';
import type { ByteReader } from './byteReader.ts';
import type { Intake } from './intake.ts';
import { rowsPerBatch } from './plyRows.ts';
import { refuse } from './refusal.ts';

const bytesPerSplat = 32;
/** Zeroth SH basis function: colour = 0.5 + sh0 * coefficient. */
const sh0 = 0.28209479177387814;
/** Opacities of 0 and 255 stand for logits of this size. */
const mostLogit = 15;

function splatsOf(bytes: Uint8Array, count: number): Splats {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const splats = emptySplats(count, 0);
  for (let i = 0; i < count; i++) {
    const at = i * bytesPerSplat;
    for (let k = 0; k < 3; k++) {
      splats.means[3 * i + k] = view.getFloat32(at + 4 * k, true);
      splats.logScales[3 * i + k] = Math.log(view.getFloat32(at + 12 + 4 * k, true));
      splats.sh[3 * i + k] = (bytes[at + 24 + k] / 255 - 0.5) / sh0;
    }
    const opacity = bytes[at + 27] / 255;
    splats.opacityLogits[i] = Math.max(-mostLogit, Math.min(mostLogit, Math.log(opacity / (1 - opacity))));
    for (let k = 0; k < 4; k++) splats.quats[4 * i + k] = (bytes[at + 28 + k] - 128) / 128;
  }
  return splats;
}

/** Whether most of the first rows have places and sizes that a scene may have. The format has no magic number to look for. */
function plausible(splats: Splats): boolean {
  const rows = Math.min(256, splats.count);
  let good = 0;
  for (let i = 0; i < rows; i++) {
    const values = [0, 1, 2].map((k) => [splats.means[3 * i + k], splats.logScales[3 * i + k]]);
    if (values.every(([mean, logScale]) => Math.abs(mean) < 1e7 && logScale < 14 && (mean === 0 || Math.abs(mean) > 1e-30))) good++;
  }
  return 2 * good >= rows;
}

export async function decodeDotSplat(reader: ByteReader, name: string, intake: Intake): Promise<void> {
  const { totalBytes } = reader;
  const cut = (splat: number): never =>
    refuse(name, `is truncated: it ends inside splat ${splat + 1}, and a splat has ${bytesPerSplat} bytes`);
  if (totalBytes !== null && totalBytes % bytesPerSplat !== 0) cut(Math.floor(totalBytes / bytesPerSplat));
  const most = rowsPerBatch(bytesPerSplat);
  let done = 0;
  for (let ended = false; !ended;) {
    const bytes = await reader.take(most * bytesPerSplat);
    ended = bytes.length < most * bytesPerSplat;
    const count = Math.floor(bytes.length / bytesPerSplat);
    const splats = splatsOf(bytes, count);
    if (done === 0) {
      if (!plausible(splats)) refuse(name, 'is not a .splat file: its numbers are no positions and sizes');
      intake.open({ format: 'splat', shDegree: 0, antialiased: false, expected: totalBytes === null ? null : totalBytes / bytesPerSplat });
    }
    await intake.push(splats);
    done += count;
    if (bytes.length % bytesPerSplat !== 0) cut(done);
  }
}
