/** The Worker: requests, queue batches, the cron sweep, and the Durable Object. */
import { app } from './app.ts';
import { createCloud } from './cloud.ts';
import type { Env } from './env.ts';
import { handleQueue } from './jobs/consume.ts';
import type { Message } from './jobs/message.ts';
import { sweep } from './jobs/sweep.ts';
import { migrated } from './store/migrate.ts';

export { JobRoom } from './store/jobRoom.ts';

export default {
  fetch: app.fetch,
  async queue(batch, env, context) {
    await migrated(env.DB);
    await handleQueue(batch, createCloud(env, context));
  },
  async scheduled(_, env, context) {
    await migrated(env.DB);
    await sweep(createCloud(env, context));
  },
} satisfies ExportedHandler<Env, Message>;
