/**
 * The page's end of the edit worker: one worker per opened splat, which keeps the splats, what is gone of them and what is selected.
 * Invariant: answers come in the order of the questions; after dispose() the worker is gone and every question is answered with null.
 */
import type { EditCommand, EditMessage, EditQuestions, OpenedEdit } from '../../../workers/edit/messages.ts';
import { type Result, fail } from '../../core/job/failure.ts';
import type { EditOperation } from '../../core/scene/edit/operations.ts';

type Kind = keyof EditQuestions;
type AnswerTo<K extends Kind> = EditQuestions[K]['answer'] | null;

export interface EditClient {
  /** Resolves once the file is read. `bad-file` or `out-of-memory` when that is not possible. */
  readonly opened: Promise<Result<OpenedEdit>>;
  /** Null when the client was disposed of. */
  ask<K extends Exclude<Kind, 'follow'>>(type: K, ask: EditQuestions[K]['ask']): Promise<AnswerTo<K>>;
  /** Tells the worker what was done so far; only what it does not know yet is sent. */
  follow(operations: readonly EditOperation[]): Promise<AnswerTo<'follow'>>;
  dispose(): void;
}

type EditPort = Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>;

const editWorker = (): EditPort => new Worker(new URL('../../../workers/edit.ts', import.meta.url), { type: 'module', name: 'edit' });

/** How many operations two lists begin with in common. Operations are told apart by identity. */
export function sharedLength(a: readonly EditOperation[], b: readonly EditOperation[]): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  return n;
}

export function createEdit(file: Blob, fileName: string, open: () => EditPort = editWorker): EditClient {
  const worker = open();
  const waiting = new Map<number, (answer: never) => void>();
  let lastId = 0;
  let over = false;
  let followed: readonly EditOperation[] = [];
  let settleOpened!: (result: Result<OpenedEdit>) => void;
  const opened = new Promise<Result<OpenedEdit>>((resolve) => (settleOpened = resolve));
  const send = (command: EditCommand): void => worker.postMessage(command);

  function end(why: Result<never>): void {
    over = true;
    worker.terminate();
    settleOpened(why);
    for (const answer of waiting.values()) answer(null as never);
    waiting.clear();
  }

  worker.onmessage = ({ data }: MessageEvent<EditMessage>) => {
    if (data.type === 'opened') return settleOpened(data.result);
    waiting.get(data.id)?.(data.answer as never);
    waiting.delete(data.id);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    end(fail('bad-file', event.message || 'The editor could not be loaded.', { file: fileName }));
  };
  send({ type: 'open', file, fileName });

  function ask<K extends Kind>(type: K, question: EditQuestions[K]['ask']): Promise<AnswerTo<K>> {
    if (over) return Promise.resolve(null);
    const id = ++lastId;
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      send({ type, id, ask: question } as EditCommand);
    });
  }

  return {
    opened,
    ask,
    follow(operations) {
      const keep = sharedLength(followed, operations);
      followed = [...operations];
      return ask('follow', { keep, add: operations.slice(keep) });
    },
    dispose: () => end(fail('cancelled', 'The editor was closed.')),
  };
}
