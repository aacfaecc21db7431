/**
 * The page's end of the training worker.
 * Invariant: every way a worker can go wrong arrives as a message; after dispose() the worker and its GPU device are gone.
 */
import type { ComparePhoto, SaveFormat, StartCommand, TrainCommand, TrainMessage } from '../../../workers/protocol.ts';
import { type Result, fail, ok } from '../../core/job/failure.ts';
import type { PinholeView } from '../../core/scene/camera.ts';

export interface TrainClient {
  start(run: Omit<StartCommand, 'type'>): void;
  pause(): void;
  resume(): void;
  stop(): void;
  /** Ends a run that has no scene yet, within half a second, whatever its worker is in the middle of. */
  cancel(): void;
  trainLonger(steps: number): void;
  show(view: PinholeView): void;
  save(format: SaveFormat): Promise<Result<Blob>>;
  /** A photo of the run by its place in the scene's photos. */
  photo(index: number): Promise<Result<ComparePhoto>>;
  dispose(): void;
}

/** A worker deep in a computation hears nothing; after this long it is ended from here. */
const patienceMs = 300;
const endedFromHere: TrainMessage = {
  type: 'failed',
  failure: { code: 'cancelled', detail: 'There is no scene yet. Features found so far are kept for the next time.' },
  keptStep: null,
};

/** Questions on their way to the worker. Answers that nobody asked for are dropped. */
function createQuestions<T>() {
  const open = new Map<number, (answer: Result<T>) => void>();
  let next = 0;
  return {
    /** Asks under a number of its own. */
    ask: (send: (id: number) => void): Promise<Result<T>> =>
      new Promise((resolve) => {
        const id = next++;
        open.set(id, resolve);
        send(id);
      }),
    settle(id: number, answer: Result<T>): void {
      open.get(id)?.(answer);
      open.delete(id);
    },
    /** The worker is gone: nothing will be answered any more. */
    end(detail: string): void {
      for (const resolve of open.values()) resolve(fail('cancelled', detail));
      open.clear();
    },
  };
}

/** Starts a worker; `onMessage` gets everything it says about the run. */
export function createTrainClient(onMessage: (message: TrainMessage) => void): TrainClient {
  const worker = new Worker(new URL('../../../workers/train.ts', import.meta.url), { type: 'module', name: 'train' });
  const saves = createQuestions<Blob>();
  const photos = createQuestions<ComparePhoto>();
  /** There is a scene, or there will be none. */
  let settled = false;
  const send = (command: TrainCommand, transfer: Transferable[] = []): void => worker.postMessage(command, transfer);

  worker.onmessage = ({ data }: MessageEvent<TrainMessage>) => {
    if (data.type === 'saved') saves.settle(data.id, ok(data.file));
    else if (data.type === 'save-failed') saves.settle(data.id, { ok: false, failure: data.failure });
    else if (data.type === 'photo') photos.settle(data.id, ok(data.photo));
    else if (data.type === 'photo-failed') photos.settle(data.id, { ok: false, failure: data.failure });
    else if (data.type === 'failed' || data.type === 'scene') settled = true;
    onMessage(data);
  };
  worker.onerror = (event) => {
    onMessage({ type: 'crashed', detail: event.message || 'The training worker could not be loaded.' });
  };
  worker.onmessageerror = () => onMessage({ type: 'crashed', detail: 'A message between the page and its worker could not be read.' });

  return {
    start: (run) => send({ type: 'start', ...run }, [run.canvas]),
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
    save: (format) => saves.ask((id) => send({ type: 'save', id, format })),
    photo: (index) => photos.ask((id) => send({ type: 'photo', id, index })),
    dispose: () => {
      send({ type: 'dispose' });
      for (const questions of [saves, photos]) questions.end('The run is over.');
    },
  };
}
