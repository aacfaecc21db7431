/**
 * The renderer's end of the sort worker. Where no worker can be made (a sandboxed iframe, a script from another origin, a policy against
 * it) the same sorter runs on the page's own thread, between frames.
 * Invariant: commands are held back until the worker has shown that it runs, so none is lost when it turns out that it cannot.
 */
import { type SorterCommand, type SorterReply, createSplatSorter } from '../../core/view/splatSorter.ts';

export interface SorterClient {
  /** The client takes over the arrays of `command`. */
  send(command: SorterCommand): void;
  /** 'starting' until it is known where the sorter runs. */
  readonly place: 'starting' | 'worker' | 'page';
  dispose(): void;
}

interface Hooks {
  onReply(reply: SorterReply): void;
  /** The sorter died with the splats it held. */
  onCrash(reason: string): void;
}

type WorkerMessage = SorterReply | { type: 'ready' };

function makeWorker(): Worker | null {
  try {
    return new Worker(new URL('../../../workers/splatSort.ts', import.meta.url), { type: 'module' });
  } catch {
    return null;
  }
}

function buffersOf(command: SorterCommand): ArrayBuffer[] {
  switch (command.type) {
    case 'append':
    case 'rewrite':
      return [command.geometry.buffer];
    case 'hide':
      return [command.indices.buffer];
    case 'order':
      return command.spare ? [command.spare.buffer] : [];
    default:
      return [];
  }
}

/** A sorter on this thread. Work waits for a task of its own, so that a frame under way is shown first. */
function sortOnPage(onReply: (reply: SorterReply) => void, onCrash: (reason: string) => void): (command: SorterCommand) => void {
  const sorter = createSplatSorter();
  const queue: SorterCommand[] = [];
  const work = (): void => {
    const command = queue.shift();
    let reply: SorterReply | null = null;
    try {
      reply = command ? sorter.run(command) : null;
    } catch (error) {
      onCrash(`Sorting failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (reply) onReply(reply);
  };
  return (command) => {
    queue.push(command);
    setTimeout(work, 0);
  };
}

export function createSorterClient({ onReply, onCrash }: Hooks): SorterClient {
  let place: SorterClient['place'] = 'starting';
  let waiting: SorterCommand[] = [];
  let disposed = false;
  const reply = (message: SorterReply): void => {
    if (!disposed) onReply(message);
  };
  const crash = (reason: string): void => {
    if (!disposed) onCrash(reason);
  };
  let deliver = (command: SorterCommand): void => void waiting.push(command);
  const worker = makeWorker();

  const settle = (where: 'worker' | 'page', how: (command: SorterCommand) => void): void => {
    [place, deliver] = [where, how];
    const held = waiting;
    waiting = [];
    held.forEach(deliver);
  };

  if (worker) {
    worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      if (data.type === 'ready') settle('worker', (command) => worker.postMessage(command, { transfer: buffersOf(command) }));
      else reply(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (place === 'starting' && !disposed) settle('page', sortOnPage(reply, crash));
      else crash(`The sort worker failed: ${event.message}`);
    };
  } else settle('page', sortOnPage(reply, crash));

  return {
    send: (command) => deliver(command),
    get place() {
      return place;
    },
    dispose() {
      disposed = true;
      waiting = [];
      deliver = () => undefined;
      worker?.terminate();
    },
  };
}
