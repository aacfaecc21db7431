/** The Worker: requests, queue batches, the cron sweep, and the Durable Object. */
import { app } from './app.ts';
import type { Env } from './env.ts';
import type { Message } from './jobs/message.ts';

export { JobRoom } from './store/jobRoom.ts';

export default {
  fetch: app.fetch,
} satisfies ExportedHandler<Env, Message>;
