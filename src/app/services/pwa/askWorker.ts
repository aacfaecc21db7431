/**
 * Questions to the service worker over a channel of their own.
 * Invariant: every question ends: with the last answer, or with null when the worker says nothing for too long.
 */
import type { ServiceAnswer, ServiceQuestion } from '../../../../workers/service/messages.ts';

/**
 * Asks and waits for the answer of the type `last`.
 * @param each gets the answers before
 * @param silenceMs the longest time without any answer
 */
export function askWorker<T extends ServiceAnswer['type']>(
  worker: Pick<ServiceWorker, 'postMessage'>,
  question: ServiceQuestion,
  last: T,
  { each = () => undefined, silenceMs = 60_000 }: { each?: (answer: ServiceAnswer) => void; silenceMs?: number } = {},
): Promise<Extract<ServiceAnswer, { type: T }> | null> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    const finish = (answer: Extract<ServiceAnswer, { type: T }> | null): void => {
      clearTimeout(timer);
      port1.close();
      resolve(answer);
    };
    let timer = setTimeout(finish, silenceMs, null);
    port1.onmessage = ({ data }: MessageEvent<ServiceAnswer>) => {
      if (data.type === last) return finish(data as Extract<ServiceAnswer, { type: T }>);
      clearTimeout(timer);
      timer = setTimeout(finish, silenceMs, null);
      each(data);
    };
    worker.postMessage(question, [port2]);
  });
}
