/**
 * The page's end of the training worker.
 * Invariant: every way a worker can go wrong arrives as a message; after dispose() the worker and its GPU device are gone.
 */
import type { PickedFile, SaveFormat, TrainCommand, TrainMessage } from '../../../workers/protocol.ts';
import type { Result } from '../../core/job/failure.ts';
import type { PinholeView } from '../../core/scene/camera.ts';
import type { TrainOptions } from '../../core/train/contract.ts';

export interface TrainClient {
  start(files: PickedFile[], options: TrainOptions, canvas: OffscreenCanvas): void;
  pause(): void;
  resume(): void;
  stop(): void;
  /** Ends a run that has no scene yet, within half a second, whatever its worker is in the middle of. */
  cancel(): void;
  trainLonger(steps: number): void;
  show(view: PinholeView): void;
  save(format: SaveFormat): Promise<Result<Blob>>;
  dispose(): void;
}

/** A worker deep in a computation hears nothing; after this long it is ended from here. */
const patienceMs = 300;
const endedFromHere: TrainMessage = {
  type: 'failed',
  failure: { code: 'cancelled', detail: 'There is no scene yet. Features found so far are kept for the next time.' },
  keptStep: null,
};

/** Starts a worker; `onMessage` gets everything it says about the run. */
export function createTrainClient(onMessage: (message: TrainMessage) => void): TrainClient {
  const worker = new Worker(new URL('../../../workers/train.ts', import.meta.url), { type: 'module', name: 'train' });
  const saves = new Map<number, (file: Result<Blob>) => void>();
  let nextSave = 0;
  /** There is a scene, or there will be none. */
  let settled = false;
  const send = (command: TrainCommand, transfer: Transferable[] = []): void => worker.postMessage(command, transfer);

  const settle = (id: number, file: Result<Blob>): void => {
    saves.get(id)?.(file);
    saves.delete(id);
  };

  worker.onmessage = ({ data }: MessageEvent<TrainMessage>) => {
    if (data.type === 'saved') settle(data.id, { ok: true, value: data.file });
    else if (data.type === 'save-failed') settle(data.id, { ok: false, failure: data.failure });
    else if (data.type === 'failed' || data.type === 'scene') settled = true;
    onMessage(data);
  };
  worker.onerror = (event) => {
    onMessage({ type: 'crashed', detail: event.message || 'The training worker could not be loaded.' });
  };
  worker.onmessageerror = () => onMessage({ type: 'crashed', detail: 'A message between the page and its worker could not be read.' });

  return {
    start: (files, options, canvas) => send({ type: 'start', files, options, canvas }, [canvas]),
    pause: () => send({ type: 'pause' }),
    resume: () => send({ type: 'resume' }),
    stop: () => send({ type: 'stop' }),
    cancel: () => {
      send({ type: 'stop' });
      setTimeout(() => {
        if (settled) return;
        worker.terminate();
        onMessage(endedFromHere);
      }, patienceMs);
    },
    trainLonger: (steps) => send({ type: 'train-longer', steps }),
    show: (view) => send({ type: 'view', view }),
    save: (format) =>
      new Promise((resolve) => {
        const id = nextSave++;
        saves.set(id, resolve);
        send({ type: 'save', id, format });
      }),
    dispose: () => send({ type: 'dispose' }),
  };
}
