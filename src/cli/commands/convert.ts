/**
 * splat convert: a splat file becomes another format, both told by their names.
 * Invariant: the output appears whole or not at all.
 */
import { basename, dirname, join } from 'node:path';
import { convertSplats } from '../../core/formats/convert.ts';
import { type Result, ok } from '../../core/job/failure.ts';
import type { ConvertCommand } from '../args.ts';
import { readWhole } from '../inputFiles.ts';
import { formatBytes } from '../numbersInWords.ts';
import { writeWhole } from '../outputFiles.ts';
import type { Ending, World } from '../world.ts';

/** Runs the command. Fails with `bad-file` for a format that is not read or written. */
export async function convert(command: ConvertCommand, { reporter }: World): Promise<Result<Ending>> {
  reporter.emit({ type: 'stage-started', stage: 'read' });
  const input = await readWhole(command.input);
  if (!input.ok) return input;
  const files = await convertSplats({ name: basename(command.input), bytes: input.value }, basename(command.output));
  if (!files.ok) return files;
  reporter.emit({ type: 'stage-started', stage: 'save' });
  for (const { name, bytes } of files.value) {
    const path = join(dirname(command.output), name);
    const written = await writeWhole(path, bytes);
    if (!written.ok) return written;
    reporter.result(`Saved ${path} (${formatBytes(bytes.length)}).`);
  }
  return ok('done');
}
