/**
 * /internal/v1/jobs/:id/...: the calls of a trainer about the attempt it was started for (src/core/job/trainerApi.ts).
 * Invariant: every call is authenticated by its token and its signature before anything is looked at.
 */
import { Hono } from 'hono';
import type { ClaimAnswer, EventsAnswer, FailAnswer, Manifest, OutputsAnswer } from '../../src/core/job/trainerApi.ts';
import { claimRequest, completeRequest, eventsRequest, failRequest, outputsRequest } from '../../src/core/job/trainerSchema.ts';
import { Refusal } from '../http/refusal.ts';
import { type TrainerEnv, stale, trainerAuth, trainerBody } from '../http/trainerAuth.ts';
import { claimJob } from '../jobs/claim.ts';
import { completeJob } from '../jobs/complete.ts';
import { manifestOf } from '../jobs/manifest.ts';
import { outputPlaces } from '../jobs/outputs.ts';
import { takeEvents } from '../jobs/takeEvents.ts';
import { failAttempt } from '../jobs/trainerFail.ts';
import { type JobState, heldStates } from '../policy/jobMachine.ts';
import type { Job } from '../store/jobs.ts';
import { modelIdOf } from '../store/models.ts';

const held = (): Refusal => new Refusal(409, 'held', 'Somebody else holds this attempt, or it is over: leave.');

/** @throws Refusal 409 */
function requireHeld(job: Job): Job {
  if (!(heldStates as readonly JobState[]).includes(job.state)) throw stale();
  return job;
}

export const trainerRoutes = new Hono<TrainerEnv>()
  .post('/:id/claim', trainerAuth, async (c) => {
    const claimed = await claimJob(c.var.cloud, c.var.job, trainerBody(c, claimRequest));
    if (!claimed) throw held();
    return c.json<ClaimAnswer>(claimed);
  })

  .get('/:id/manifest', trainerAuth, async (c) => c.json<Manifest>(await manifestOf(c.var.cloud, requireHeld(c.var.job))))

  .post('/:id/events', trainerAuth, async (c) => {
    const { events } = trainerBody(c, eventsRequest);
    const taken = await takeEvents(c.var.cloud, c.var.job, events);
    if (!taken) throw stale();
    return c.json<EventsAnswer>(taken);
  })

  .post('/:id/outputs', trainerAuth, async (c) => {
    const { outputs } = trainerBody(c, outputsRequest);
    const job = requireHeld(c.var.job);
    const modelId = await modelIdOf(c.var.cloud, job);
    if (modelId === null) throw stale();
    return c.json<OutputsAnswer>(await outputPlaces(c.var.cloud, job, modelId, outputs));
  })

  .post('/:id/complete', trainerAuth, async (c) => {
    const { cloud, job } = c.var;
    const completed = completeJob(cloud, job, trainerBody(c, completeRequest));
    // Reading large files takes a while; a trainer that hangs up meanwhile finds it done when it asks again.
    cloud.waitUntil(completed.catch(() => undefined));
    await completed;
    return c.json({});
  })

  .post('/:id/fail', trainerAuth, async (c) => {
    const answer = await failAttempt(c.var.cloud, c.var.job, trainerBody(c, failRequest));
    if (!answer) throw stale();
    return c.json<FailAnswer>(answer);
  });
