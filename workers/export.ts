/**
 * The export worker's entry: keeps one edited splat in memory and writes it in the formats it is asked for, one after another.
 * Invariant: commands are done in the order they came; what throws is answered as a failure.
 */
import { version } from '@playcanvas/splat-transform';
import { type Result, fail } from '../src/core/job/failure.ts';
import { applyEdits } from '../src/core/scene/edit/applyEdits.ts';
import type { ExportCommand, ExportMessage } from './export/messages.ts';
import { type ExportSession, openExport } from './export/session.ts';
import { convertToBlob } from './splatConversion.ts';

const webpWasmUrl = new URL('../node_modules/@playcanvas/splat-transform/lib/webp.wasm', import.meta.url).href;

const post = (message: ExportMessage): void => self.postMessage(message);

function failureOf(error: unknown): { ok: false; failure: Extract<Result<never>, { ok: false }>['failure'] } {
  const why = error instanceof Error ? error.message : String(error);
  const tooBig = error instanceof RangeError && /alloc|array length|buffer/i.test(why);
  return tooBig
    ? fail('out-of-memory', `The splats do not fit into memory: ${why}.`)
    : fail('bad-file', `The splats could not be written: ${why}.`);
}

let session: ExportSession | null = null;

async function run(command: ExportCommand): Promise<void> {
  if (command.type === 'open') {
    const opened = await openExport(command, { applyEdits, convert: convertToBlob, writerVersion: version, webpWasmUrl }).catch(failureOf);
    session = opened.ok ? opened.value : null;
    return post({ type: 'opened', result: opened.ok ? { ok: true, value: opened.value.summary } : opened });
  }
  const answer = !session
    ? fail('bad-file', 'There are no splats to write.')
    : await (command.type === 'encode' ? session.encode(command.format) : session.page(command.page)).catch(failureOf);
  post({ type: 'answer', id: command.id, result: answer });
}

let last = Promise.resolve();
self.addEventListener('message', ({ data }: MessageEvent<ExportCommand>) => {
  last = last.then(() => run(data));
});
