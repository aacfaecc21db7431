/**
 * The state machine as a property: whatever happens in whatever order, late, twice or at once, a final state is never left, a job completes
 * once at most, its attempts only go up, and the budget comes out even. On the real D1, through the functions that the Worker uses.
 */
import { beforeEach, expect, test } from 'vitest';
import { afterJobEnd } from '../../cloud/jobs/afterEnd.ts';
import { cancelJob } from '../../cloud/jobs/cancel.ts';
import { handle } from '../../cloud/jobs/consume.ts';
import { failJob } from '../../cloud/jobs/fail.ts';
import { loseAttempt } from '../../cloud/jobs/lost.ts';
import { sweep } from '../../cloud/jobs/sweep.ts';
import { watchJob } from '../../cloud/jobs/watch.ts';
import { takeWebhook } from '../../cloud/jobs/webhook.ts';
import { type JobMove, type JobState, finalStates, isFinal, jobMoves, jobStates, openStates } from '../../cloud/policy/jobMachine.ts';
import type { ProviderState } from '../../cloud/providers/adapter.ts';
import { flushOutbox } from '../../cloud/store/outbox.ts';
import { type Job, move } from '../../cloud/store/jobs.ts';
import { busy, forbidden } from './fakeProvider.ts';
import { type JobKit, jobKit } from './jobKit.ts';
import { randomFrom } from './randomFrom.ts';
import { givenJob, givenOwner, givenProject } from './rows.ts';

let kit: JobKit;
let place: { ownerId: string; projectId: string };
beforeEach(async () => {
  kit = await jobKit({ submitRetries: 3 });
  // The sweep is one event among the others, not part of every look.
  kit.cloud.config.isDevelopment = false;
  const ownerId = await givenOwner(kit.cloud);
  place = { ownerId, projectId: await givenProject(kit.cloud, ownerId) };
});

test('the moves: final states have none, and every open state has a way to each end', () => {
  for (const [, { from, to }] of Object.entries(jobMoves)) {
    for (const state of from) expect(finalStates).not.toContain(state);
    expect(jobStates).toContain(to);
  }
  for (const kind of ['fail', 'cancel', 'expire'] as const) expect(jobMoves[kind].from).toEqual(openStates);
  // Completion is the trainer's to say: never without a claim.
  for (const state of ['queued', 'submitting', 'submitted']) expect(jobMoves.complete.from).not.toContain(state);
});

test('every move from every state, in this attempt and in others: made when allowed, else nothing is changed', async () => {
  for (const state of jobStates) {
    const moves = Object.keys(jobMoves) as JobMove[];
    for (const kind of moves) {
      const job = await givenJob(kit.cloud, { ...place, state, attempt: 2 });
      for (const attempt of [1, 3]) expect(await move(kit.cloud, { id: job.id, attempt }, kind)).toBeNull();
      expect(await kit.now(job)).toEqual(job);
      const isAllowed = (jobMoves[kind].from as readonly JobState[]).includes(state);
      expect((await move(kit.cloud, job, kind))?.state ?? null).toBe(isAllowed ? jobMoves[kind].to : null);
      if (!isAllowed) expect(await kit.now(job)).toEqual(job);
    }
    await kit.cloud.settled();
  }
});

type Event = () => Promise<unknown>;

/** What a sequence has seen. */
interface Seen {
  job: Job;
  completions: number;
  /** Copies of the row from earlier on, with which late callers come. */
  old: Job[];
}

const providerStates: ProviderState[] = ['queued', 'running', 'succeeded', 'failed', 'lost', 'timed-out'];
const trainerMoves: JobMove[] = ['solve', 'train', 'export'];

function eventsOf(seen: Seen, random: () => number): Record<string, Event> {
  const { cloud, providers, runpod, modal, sent } = kit;
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)];
  const someone = (): Job => (random() < 0.7 ? seen.job : pick(seen.old));
  /** Whoever comes with an attempt that is over changes nothing. */
  const made = async (kind: JobMove, change: Parameters<typeof move>[3] = {}): Promise<Job | null> => {
    const from = someone();
    const to = await move(cloud, from, kind, change);
    if (to) expect(to.attempt).toBe(from.attempt);
    return to;
  };
  const complete = async (): Promise<void> => {
    const done = await made('complete', { gpuSeconds: Math.floor(random() * 900) });
    if (!done) return;
    seen.completions++;
    // Its Worker may end here; the sweep or the watch finds it.
    if (random() < 0.7) await afterJobEnd(cloud, done);
  };
  const claim = (): Promise<unknown> => {
    const lease = { startedAt: cloud.now(), leaseUntil: cloud.now() + 180_000, holder: pick(['a', 'b']) };
    return made('claim', lease);
  };
  const { id } = seen.job;
  return {
    claim,
    claimAgain: claim,
    trainer: () => made(pick(trainerMoves)),
    complete,
    completeTwice: () => Promise.all([complete(), complete()]),
    lose: () => loseAttempt(cloud, someone(), 'lost', { excludeProvider: random() < 0.5 }),
    fail: async () => (random() < 0.3 ? failJob(cloud, someone(), { code: 'gpu-lost', detail: '' }, 'x') : null),
    cancel: async () => (random() < 0.3 ? cancelJob(cloud, someone()) : null),
    pass: async () => kit.pass(pick([1, 31, 61, 200, 700])),
    days: async () => (random() < 0.1 ? kit.pass(30_000) : undefined),
    watch: () => watchJob(cloud, id, providers),
    watchTwice: () => Promise.all([watchJob(cloud, id, providers), watchJob(cloud, id, providers)]),
    sweep: async () => (random() < 0.3 ? sweep(cloud, providers) : undefined),
    flush: () => flushOutbox(cloud),
    queue: async () => {
      const message = sent.length > 0 ? pick(sent) : null;
      // Taken, or delivered once more.
      if (message && random() < 0.7) sent.splice(sent.indexOf(message), 1);
      if (message) await handle(cloud, message, providers);
    },
    deliver: () => kit.drain(),
    duplicate: async () => {
      const messages = [pick(seen.old), seen.job].map(({ attempt }) => ({ kind: 'submit', jobId: id, attempt, requestId: 'r' }) as const);
      await Promise.all(messages.map((message) => handle(cloud, message, providers)));
    },
    look: () => handle(cloud, { kind: 'look', jobId: id, attempt: someone().attempt, requestId: 'r' }, providers),
    refuse: async () => void [runpod, modal].forEach(({ answers }) => answers.push(pick([busy(), busy(), forbidden]))),
    word: async () => void [runpod, modal].forEach((provider) => (provider.state = pick(providerStates))),
    webhook: async () => {
      const run = [...runpod.submitted, ...modal.submitted].filter(({ spec }) => spec.jobId === id).at(-1);
      const [provider, , attempt, token] = run?.options.webhookUrl.split('/').slice(-4) ?? [];
      const event = { externalId: run?.externalId ?? '', state: pick(providerStates), eventId: `${id}-${Math.floor(random() * 4)}` };
      runpod.event = modal.event = event;
      if (run)
        await takeWebhook(cloud, { provider, jobId: id, attempt: Number(attempt), token }, new Headers(), new Uint8Array(), providers);
    },
  };
}

async function check(seen: Seen, name: string, log: string[]): Promise<void> {
  await kit.cloud.settled();
  const [before, now] = [seen.job, await kit.now(seen.job)];
  const what = `${log.join(' ')} <${name}>`;
  if (isFinal(before.state)) {
    expect({ state: now.state, attempt: now.attempt, failure: now.failure, finishedAt: now.finishedAt }, what).toEqual({
      state: before.state,
      attempt: before.attempt,
      failure: before.failure,
      finishedAt: before.finishedAt,
    });
  }
  expect(now.attempt, what).toBeGreaterThanOrEqual(before.attempt);
  expect(now.lostCount, what).toBeLessThanOrEqual(kit.cloud.config.tuning.lostRetries);
  expect(seen.completions, what).toBeLessThanOrEqual(1);
  if (seen.completions === 1) expect(now.state, what).toBe('completed');
  const day = await kit.day();
  expect(day.reserved, what).toBe(now.gpuSecondsReserved);
  expect(day.used, what).toBeGreaterThanOrEqual(0);
  seen.job = now;
  seen.old.push(now);
}

/** What would come next if nothing went wrong. */
const course: Partial<Record<JobState, readonly string[]>> = {
  queued: ['deliver'],
  submitting: ['watch'],
  submitted: ['claim'],
  claimed: ['trainer', 'complete'],
  solving: ['trainer', 'complete'],
  training: ['trainer', 'complete'],
  exporting: ['complete', 'completeTwice'],
};

/** Brings the job to its end: its trainer goes on to the end, or nothing more is heard of it. */
async function finish(seen: Seen, goesWell: boolean): Promise<void> {
  const { cloud } = kit;
  if (goesWell) {
    kit.pass(16 * 60);
    await kit.drain();
    await move(cloud, await kit.now(seen.job), 'claim', { startedAt: cloud.now(), leaseUntil: cloud.now() + 180_000 });
    const done = await move(cloud, await kit.now(seen.job), 'complete', { gpuSeconds: 300 });
    if (done) seen.completions++;
  }
  // Past the deadline, then the last look of the room's alarm.
  for (let look = 0; look < 2; look++) {
    kit.pass(90_000);
    await watchJob(cloud, seen.job.id, kit.providers);
    await cloud.settled();
  }
}

const sequences = 120;

test(`${sequences} random lives of a job`, async () => {
  const ends: Record<string, number> = {};
  for (let seed = 1; seed <= sequences; seed++) {
    const random = randomFrom(seed);
    const { cloud } = kit;
    const wiped = ['jobs', 'outbox', 'breakers', 'budget_days', 'provider_events', 'deliveries'].map((table) =>
      cloud.db.prepare(`DELETE FROM ${table}`),
    );
    await cloud.db.batch(wiped);
    kit.sent.length = 0;
    for (const provider of [kit.runpod, kit.modal]) Object.assign(provider, { answers: [], submitted: [], cancelled: [], state: 'queued' });
    const job = await kit.ordered(place);
    const seen: Seen = { job, completions: 0, old: [job] };
    const log: string[] = [`seed ${seed}:`];
    const length = 5 + Math.floor(random() * 8);
    for (let step = 0; step < length; step++) {
      const events = eventsOf(seen, random);
      const usual = random() < 0.4 ? course[seen.job.state] : undefined;
      const names = usual ?? Object.keys(events);
      const name = names[Math.floor(random() * names.length)];
      await events[name]();
      await check(seen, name, log);
      log.push(name);
    }
    await finish(seen, random() < 0.5);
    const end = await kit.now(seen.job);
    expect(isFinal(end.state), log.join(' ')).toBe(true);
    expect(seen.completions, log.join(' ')).toBe(end.state === 'completed' ? 1 : 0);
    expect(end.gpuSecondsReserved, log.join(' ')).toBe(0);
    expect((await kit.day()).reserved, log.join(' ')).toBe(0);
    ends[end.state] = (ends[end.state] ?? 0) + 1;
  }
  // The sequences are worth something only when they lead everywhere.
  for (const state of finalStates) expect(ends[state] ?? 0, JSON.stringify(ends)).toBeGreaterThan(2);
}, 600_000);
