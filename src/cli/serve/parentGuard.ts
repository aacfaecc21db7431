/**
 * Parent guard, loaded into the engine's process by `node --import`: when the worker that started it is gone, however it went, standard
 * input ends and the engine leaves too. What it has trained since its last checkpoint is lost; a second engine on the same files is worse.
 * Invariant: it does not keep the process from ending by itself.
 */
import type { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

// Nothing gentler ends a process safely while a graphics driver is at work.
const leave = (): void => void process.kill(process.pid, 'SIGKILL');

// The engine's threads load this too, and have no standard input of their own.
if (isMainThread) {
  const { stdin } = process as { stdin: Partial<Pick<Socket, 'unref'>> & NodeJS.ReadStream };
  stdin.on('end', leave).on('error', leave).resume();
  stdin.unref?.();
}
