/**
 * The signed addresses that a trainer is given: photos and checkpoints to read, outputs to write.
 * Invariant: the signature is the permission, for one file and a limited time, and only while the attempt it was made for is held. Bytes
 * are streamed; none are held.
 */
import { type Context, Hono } from 'hono';
import { outputKind } from '../../src/core/job/trainerSchema.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { takeOutput } from '../jobs/outputs.ts';
import { type FileTicket, isValidTicket } from '../policy/fileTicket.ts';
import { type JobState, heldStates } from '../policy/jobMachine.ts';
import { getJob } from '../store/jobs.ts';
import { lastCheckpoint } from '../store/models.ts';
import { photoOf } from '../store/photos.ts';

const badAddress = (): Refusal => new Refusal(403, 'bad-address', 'This address has expired or was not made here; ask for a new one.');

/** @throws Refusal 403 */
async function requireTicket(c: Context<AppEnv>, ticket: FileTicket): Promise<void> {
  const { exp = '', sig = '' } = c.req.query();
  const { cloud } = c.var;
  if (!(await isValidTicket(cloud.env, ticket, exp, sig, cloud.now()))) throw badAddress();
}

/** The job, while the attempt of the address is held. @throws Refusal 403 */
async function requireHeld(c: Context<AppEnv>, { jobId, attempt }: FileTicket) {
  const job = await getJob(c.var.cloud.db, jobId);
  if (job?.attempt !== attempt || !(heldStates as readonly JobState[]).includes(job.state)) throw badAddress();
  return job;
}

async function sendObject(c: Context<AppEnv>, key: string): Promise<Response> {
  const object = await c.env.BUCKET.get(key);
  if (!object) throw notFound('file');
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(object.size), 'cache-control': 'no-store' };
  return c.body(object.body, 200, headers);
}

const attemptOf = (c: Context<AppEnv>): number => Number(c.req.query('attempt'));

export const trainerFileRoutes = new Hono<AppEnv>()
  .get('/photos/:id/:sha256', async (c) => {
    const { id: jobId, sha256 } = c.req.param();
    const ticket: FileTicket = { what: 'photo', jobId, attempt: attemptOf(c), sha256 };
    await requireTicket(c, ticket);
    const { projectId } = await requireHeld(c, ticket);
    const photo = await photoOf(c.var.cloud, projectId, sha256);
    if (photo?.status !== 'stored') throw notFound('photo');
    return sendObject(c, photo.objectKey);
  })

  .get('/checkpoints/:id/:of', async (c) => {
    const { id: jobId, of } = c.req.param();
    const ticket: FileTicket = { what: 'checkpoint', jobId, attempt: attemptOf(c), of: Number(of) };
    await requireTicket(c, ticket);
    const job = await requireHeld(c, ticket);
    const checkpoint = await lastCheckpoint(c.var.cloud, job);
    if (checkpoint?.attempt !== ticket.of) throw notFound('checkpoint');
    return sendObject(c, checkpoint.objectKey);
  })

  .put('/jobs/:id/outputs/:kind', async (c) => {
    const { id: jobId, kind } = c.req.param();
    const named = outputKind.safeParse(kind);
    if (!named.success) throw notFound('kind of output');
    const { bytes = '', sha = '' } = c.req.query();
    const file = { kind: named.data, bytes: Number(bytes), sha256: sha };
    await requireTicket(c, { what: 'output', jobId, attempt: attemptOf(c), ...file });
    const body = c.req.raw.body as ReadableStream<Uint8Array> | null;
    const length = c.req.header('content-length');
    if (length === undefined) throw new Refusal(411, 'length-required', 'The request must say how long its body is (Content-Length).');
    if (length !== bytes || !body) throw new Refusal(400, 'wrong-length', `The file was announced with ${bytes} bytes, not ${length}.`);
    await takeOutput(c.var.cloud, { id: jobId, attempt: attemptOf(c) }, file, body);
    return c.body(null, 200);
  });
