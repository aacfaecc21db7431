/**
 * Reads a splat file of any format from a stream of bytes: decides what it is, hands its splats on packed, says what was left out.
 * Invariant: nothing is thrown and nothing hangs that the stream itself does not; bad bytes become a `bad-file` Failure.
 */
import { type Result, fail, ok } from '../../job/failure.ts';
import type { DecodeEvents, DecodeOptions, DecodedScene, SplatInput } from '../splatStream.ts';
import { type ByteReader, createByteReader } from './byteReader.ts';
import { decodeCompressedPly } from './compressedPly.ts';
import { decodeDotSplat } from './dotSplat.ts';
import { type Intake, createIntake } from './intake.ts';
import { decodePly, peekHeader } from './plyRows.ts';
import { Refusal, messageOf, refuse } from './refusal.ts';
import { sniff, sniffBytes } from './sniff.ts';

/** Both kinds of PLY begin alike; comments may push what tells them apart beyond the first bytes. */
async function decodeEitherPly(reader: ByteReader, name: string, intake: Intake): Promise<void> {
  const head = new TextDecoder('latin1').decode(await peekHeader(reader, name));
  return (/^property \w+ packed_position\s*$/m.test(head) ? decodeCompressedPly : decodePly)(reader, name, intake);
}

async function decode(reader: ByteReader, name: string, options: DecodeOptions, intake: Intake): Promise<void> {
  const sniffed = sniff(await reader.peek(sniffBytes), name, reader.totalBytes);
  if ('isInstead' in sniffed) return refuse(name, `is not a splat file: it is ${sniffed.isInstead}`);
  switch (sniffed.format) {
    case 'ply':
    case 'compressed-ply':
      return decodeEitherPly(reader, name, intake);
    case 'splat':
      return decodeDotSplat(reader, name, intake);
    case 'spz':
      return (await import('./throughLibrary.ts')).decodeSpz(reader, name, intake);
    case 'ksplat':
      return (await import('./throughLibrary.ts')).decodeKsplat(reader, name, intake);
    case 'sog':
    case 'sog-folder':
      return (await import('./throughLibrary.ts')).decodeSog(reader, name, intake, options, sniffed.format === 'sog-folder');
    case 'gltf':
    case 'glb':
      return (await import('./gltfSplats.ts')).decodeGltf(reader, name, intake, options, sniffed.format);
  }
}

/**
 * Decodes `input`. Events come before the promise resolves: begin once, then batches. `.ply`, `.splat` and compressed `.ply` are handed on
 * while they arrive, the others once they are whole. Fails with `bad-file` for everything that is not a whole splat file, `cancelled` once
 * the signal is set, and with whatever Failure the input's stream threw inside a Refusal.
 */
export async function decodeSplats(
  input: SplatInput,
  options: DecodeOptions,
  events: DecodeEvents,
  signal?: { aborted: boolean },
): Promise<Result<DecodedScene>> {
  const reader = createByteReader(input, events, signal);
  const intake = createIntake(input.name, input.totalBytes, options.maxSplats, events, signal);
  try {
    await decode(reader, input.name, options, intake);
    const scene = await intake.finish();
    events.progress(input.totalBytes ?? reader.position, input.totalBytes);
    return ok(scene);
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, failure: error.failure };
    const tooBig = error instanceof RangeError && /alloc|array length|buffer/i.test(error.message);
    if (tooBig) return fail('out-of-memory', `${input.name} does not fit into memory: ${messageOf(error)}.`, { file: input.name });
    return fail('bad-file', `${input.name} cannot be read: ${messageOf(error)}.`, { file: input.name });
  } finally {
    await reader.close();
  }
}
