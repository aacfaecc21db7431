/**
 * GET /api/live/:jobId?since=: the job's events over a WebSocket, each as {seq, event}; "ping" is answered with "pong".
 * Invariant: a page of another site gets no socket, though the browser sends our cookie with its request.
 */
import { Hono } from 'hono';
import type { AppEnv } from '../http/appEnv.ts';
import { requireOwner } from '../http/owner.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { shownJob } from '../jobs/jobStatus.ts';
import { roomOf } from '../store/rooms.ts';
import { sinceOf } from './status.ts';

/** Programs send no Origin, browsers always do (RFC 6455, section 4.1). Only hosts are compared: TLS may end before the Worker. */
function isOwnPage(origin: string | undefined, url: string): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === new URL(url).host;
}

export const liveRoutes = new Hono<AppEnv>().get('/:jobId', async (c) => {
  const ownerId = requireOwner(c);
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket')
    throw new Refusal(426, 'websocket-only', 'This address is for WebSockets; GET /api/status/:jobId tells the same.', {
      upgrade: 'websocket',
    });
  if (!isOwnPage(c.req.header('origin'), c.req.url)) throw new Refusal(403, 'other-site', 'Pages of other sites may not listen.');
  const since = sinceOf(c.req.query('since'));
  const job = await shownJob(c.var.cloud, ownerId, c.req.param('jobId'));
  if (!job) throw notFound('job');
  const answer = await roomOf(c.var.cloud, job.id).fetch(`https://room/?since=${since}`, { headers: { upgrade: 'websocket' } });
  if (answer.status === 429) throw new Refusal(429, 'too-many-sockets', 'Too many pages listen to this job; ask for its status instead.');
  return answer;
});
