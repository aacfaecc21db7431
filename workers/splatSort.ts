/**
 * The sort worker's entry: the WebGL2 renderer's commands to a splat sorter, its replies back.
 * Invariant: it says 'ready' once, before anything else, so that the page knows that its script was allowed to run.
 */
import { type SorterCommand, createSplatSorter } from '../src/core/view/splatSorter.ts';

const sorter = createSplatSorter();

self.addEventListener('message', ({ data }: MessageEvent<SorterCommand>) => {
  const reply = sorter.run(data);
  if (reply) self.postMessage(reply, { transfer: reply.type === 'order' ? [reply.order.buffer] : [] });
});
self.postMessage({ type: 'ready' });
