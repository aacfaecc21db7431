/**
 * The page's end of the export worker: one worker per open panel, which keeps the edited splats between formats.
 * Invariant: after dispose() the worker is gone and everything still asked for ends as cancelled.
 */
import type { ExportCommand, ExportMessage, ExportSummary, OpenExport, PageWish } from '../../../workers/export/messages.ts';
import type { SaveFormat } from '../../../workers/protocol.ts';
import { type Result, fail } from '../../core/job/failure.ts';

export interface ExportClient {
  /** Resolves once the file is read and edited. `bad-file` when that is not possible. */
  readonly opened: Promise<Result<ExportSummary>>;
  /** The splats as a file. What was asked for before comes at once. */
  encode(format: SaveFormat): Promise<Result<Blob>>;
  /** The splats as a web page that is one file. */
  page(wish: PageWish): Promise<Result<Blob>>;
  dispose(): void;
}

type Answer = (result: Result<Blob>) => void;

const closed = (): Result<never> => fail('cancelled', 'The panel was closed before the file was ready.');

export function createExport(source: Omit<OpenExport, 'type'>): ExportClient {
  const worker = new Worker(new URL('../../../workers/export.ts', import.meta.url), { type: 'module', name: 'export' });
  const waiting = new Map<number, Answer>();
  const kept = new Map<SaveFormat, Promise<Result<Blob>>>();
  let lastId = 0;
  let over: Result<never> | null = null;
  let settleOpened!: (result: Result<ExportSummary>) => void;
  const opened = new Promise<Result<ExportSummary>>((resolve) => (settleOpened = resolve));

  function end(why: Result<never>): void {
    over ??= why;
    worker.terminate();
    settleOpened(why);
    for (const answer of waiting.values()) answer(why);
    waiting.clear();
  }

  worker.onmessage = ({ data }: MessageEvent<ExportMessage>) => {
    if (data.type === 'opened') return settleOpened(data.result);
    waiting.get(data.id)?.(data.result);
    waiting.delete(data.id);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    end(fail('bad-file', event.message || 'The exporter could not be loaded.', { file: source.fileName }));
  };
  worker.postMessage({ type: 'open', ...source } satisfies ExportCommand);

  function ask(command: { type: 'encode'; format: SaveFormat } | { type: 'page'; page: PageWish }): Promise<Result<Blob>> {
    if (over) return Promise.resolve(over);
    const id = ++lastId;
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      worker.postMessage({ ...command, id } satisfies ExportCommand);
    });
  }

  return {
    opened,
    encode(format) {
      const answer = kept.get(format) ?? ask({ type: 'encode', format });
      kept.set(format, answer);
      // What failed may be tried again.
      void answer.then(({ ok }) => ok || kept.delete(format));
      return answer;
    },
    page: (page) => ask({ type: 'page', page }),
    dispose: () => end(closed()),
  };
}
