/**
 * The edit worker's entry: reads one splat file, keeps what editing looks at, and answers the page.
 * Invariant: commands are done one after another in the order they came; large answers are transferred, never copied.
 */
import { fail } from '../src/core/job/failure.ts';
import type { EditCommand, EditMessage } from './edit/messages.ts';
import { type EditSession, openEdit } from './edit/session.ts';

const webpWasmUrl = new URL('../node_modules/@playcanvas/splat-transform/lib/webp.wasm', import.meta.url).href;

const post = (message: EditMessage, transfer: Transferable[] = []): void => self.postMessage(message, { transfer });

let session: EditSession | null = null;

async function run(command: EditCommand): Promise<void> {
  if (command.type === 'open') {
    const read = await openEdit(command.file, command.fileName, webpWasmUrl).catch((error: unknown) =>
      fail('bad-file', `The splats could not be opened: ${error instanceof Error ? error.message : String(error)}.`),
    );
    if (!read.ok) return post({ type: 'opened', result: read });
    const { opened } = read.value;
    session = read.value.session;
    return post({ type: 'opened', result: { ok: true, value: opened } }, [opened.packed.geometry.buffer, opened.packed.sh.buffer]);
  }
  if (!session) return;
  const answer = session.answer(command);
  post({ type: 'answer', id: command.id, answer }, answer && 'states' in answer ? [answer.states.buffer] : []);
}

let last = Promise.resolve();
self.addEventListener('message', ({ data }: MessageEvent<EditCommand>) => {
  last = last.then(() => run(data));
});
