/**
 * The training worker's entry: takes the page's commands and hands them to the one run it has.
 * Invariant: no exception is swallowed; each reaches the page as 'crashed', but for those of a lost device: that is told as what it is.
 */
import type { TrainCommand, TrainMessage } from './protocol.ts';
import { TrainRun } from './train/trainRun.ts';

const post = (message: TrainMessage, transfer: Transferable[] = []): void => self.postMessage(message, { transfer });

let run: TrainRun | null = null;

async function handle(command: TrainCommand): Promise<void> {
  switch (command.type) {
    case 'start':
      run = new TrainRun(command, post);
      return run.begin();
    case 'view':
      return run?.show(command.view);
    case 'pause':
      return run?.pause();
    case 'resume':
      return run?.resume();
    case 'stop':
      return run?.stop();
    case 'train-longer':
      return run?.trainLonger(command.steps);
    case 'save':
      return run?.save(command.id, command.format);
    case 'photo':
      return run?.photo(command.id, command.index);
    case 'dispose':
      run?.dispose();
      return self.close();
  }
}

async function crashed(reason: unknown): Promise<void> {
  if (await run?.isLost()) return;
  console.error(reason);
  post({ type: 'crashed', detail: reason instanceof Error ? `${reason.message}\n${reason.stack ?? ''}` : String(reason) });
}

self.addEventListener('message', ({ data }: MessageEvent<TrainCommand>) => void handle(data));
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  void crashed(event.reason);
});
